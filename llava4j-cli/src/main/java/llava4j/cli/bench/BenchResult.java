package llava4j.cli.bench;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import llava4j.tensor.Processor;
import llava4j.tensor.ThreadCount;

/// All that a run found.
///
/// @param model its name
/// @param dialect the layout of its files
/// @param weights how they were asked to be kept
/// @param openBlas variables that make OpenBLAS another than the one it chooses to be
/// @param readSpeed of memory, in GB/s; NaN where it is unknown
/// @param productSpeed of matrices, in 10⁹ operations a second; NaN on a GPU
/// @param rowWeights that each row of a prompt is multiplied with
/// @param stepBytes that one decode step reads as ours keeps them
/// @param theirStepBytes the same as stored, which is how llama.cpp keeps them
/// @param cacheBytes of one row's keys and values
/// @param llamaCpp version and library of the other program, where there is one
/// @param check of their answers, where there is another program
record BenchResult(
    String model,
    String dialect,
    String device,
    String weights,
    ThreadCount threads,
    Processor processor,
    Map<String, String> openBlas,
    BenchPlan plan,
    double readSpeed,
    double productSpeed,
    long rowWeights,
    long stepBytes,
    long theirStepBytes,
    long cacheBytes,
    Optional<String> llamaCpp,
    Optional<AnswerCheck> check,
    List<BenchLine> lines) {

  BenchResult {
    lines = List.copyOf(lines);
  }

  /// `OPENBLAS_*` of an environment, but for the time that idle threads spin, which the launcher
  /// sets.
  static Map<String, String> openBlas(Map<String, String> environment) {
    Map<String, String> found = new TreeMap<>(environment);
    found
        .keySet()
        .removeIf(name -> !name.startsWith("OPENBLAS_") || name.equals("OPENBLAS_THREAD_TIMEOUT"));
    return found;
  }

  /// The part that a line uses of what was measured: a decode line of the read bandwidth, a prefill
  /// line of the products. NaN of other lines, on a GPU, and where that is not known.
  double share(BenchLine line, boolean ours) {
    double figure = ours ? line.ours() : line.theirs();
    if (figure <= 0 || !device.equals("cpu")) {
      return Double.NaN;
    }
    return switch (line.kind()) {
      case DECODE -> {
        double rows = plan.depth() + plan.decodeTokens() / 2.0;
        double bytes = (ours ? stepBytes : theirStepBytes) + line.sequences() * rows * cacheBytes;
        yield bytes / figure / 1e9 / readSpeed;
      }
      case PREFILL -> 2.0 * rowWeights * line.rows() / figure / 1e9 / productSpeed;
      case LOAD, IMAGE_ENCODE, FIRST_TOKEN, PEAK_MEMORY -> Double.NaN;
    };
  }
}
