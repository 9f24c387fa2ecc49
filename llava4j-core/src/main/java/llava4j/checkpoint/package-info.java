/// Checkpoints of every dialect: name -> tensor, memory-mapped and read strictly, and their
/// writers.
package llava4j.checkpoint;
