/// Checkpoints of a run: all state needed to resume with bit-identical results, on any number of
/// processes.
package llava4j.train.state;
