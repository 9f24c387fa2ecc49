/// What a step costs on machines that are not at hand: operations, bytes through memory, bytes
/// between processes, and from them time, utilisation, hours and money.
package llava4j.train.plan;
