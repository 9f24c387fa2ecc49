/// A miniature of every benchmark, made by us in the benchmark's own file format.
package llava4j.eval.tiny;
