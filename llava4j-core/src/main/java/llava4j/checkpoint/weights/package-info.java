/// Tensors by name: the interface of all weight formats, wrappers that rename or add tensors, and
/// the tables of names.
package llava4j.checkpoint.weights;
