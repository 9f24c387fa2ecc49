/// Tensors by their names: what every format of weights hands out, wrappers that rename or add, and
/// the tables of names.
package llava4j.checkpoint.weights;
