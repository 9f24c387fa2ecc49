/// Loads weights from a checkpoint into memory: types, memory needs, progress.
package llava4j.model.load;
