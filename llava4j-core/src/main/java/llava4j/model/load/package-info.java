/// Weights from a checkpoint into memory: in which type, how much, with progress.
package llava4j.model.load;
