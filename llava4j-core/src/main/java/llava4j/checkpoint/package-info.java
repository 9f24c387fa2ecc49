/// Checkpoints of every dialect: maps names to tensors, memory-mapped and strictly checked; and
/// writers of checkpoints.
package llava4j.checkpoint;
