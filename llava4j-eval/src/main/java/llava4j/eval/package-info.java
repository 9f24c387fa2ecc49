/// Runs benchmarks on a model and reports their scores.
package llava4j.eval;
