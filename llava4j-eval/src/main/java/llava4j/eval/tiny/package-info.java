/// A miniature of every benchmark, in its native files, made by us.
package llava4j.eval.tiny;
