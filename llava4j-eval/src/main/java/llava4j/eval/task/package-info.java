/// The benchmarks of the paper, one class each. A class reads the files as their sites publish
/// them, uses the paper's prompts, and computes the official score.
package llava4j.eval.task;
