/// The benchmarks of the paper, a class each: reads the files as their sites give them, asks in the
/// paper's words, scores as the official programs do.
package llava4j.eval.task;
