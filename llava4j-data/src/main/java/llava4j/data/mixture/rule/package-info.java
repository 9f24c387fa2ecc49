/// The rules of the paper's mixture (spec 6.4, 6.5) as pure functions, without files or state.
package llava4j.data.mixture.rule;
