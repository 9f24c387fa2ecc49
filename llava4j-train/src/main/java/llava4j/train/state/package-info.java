/// Checkpoints of a run: everything needed to go on, bit for bit, with any number of processes.
package llava4j.train.state;
