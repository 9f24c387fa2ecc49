package llava4j.cli.bench;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import llava4j.model.load.MemoryPlan;

/// A result as a table for people.
final class BenchText {
  private static final String ROW = "%-33s %-33s";

  private BenchText() {}

  static void print(BenchResult result, PrintWriter out) {
    head(result, out);
    boolean compared = result.llamaCpp().isPresent();
    out.println();
    out.println(
        row("", "llava4j", compared ? "llama.cpp" : "", compared ? "llava4j is better by" : ""));
    for (BenchLine line : result.lines()) {
      out.println(
          row(
              line.title(),
              figure(result, line, true),
              compared ? figure(result, line, false) : "",
              line.isCompared() ? String.format(Locale.ROOT, "%.2fx", line.ratio()) : ""));
    }
    result.check().ifPresent(check -> answers(check, out));
  }

  private static void head(BenchResult result, PrintWriter out) {
    out.println(
        "model      "
            + result.model()
            + " ("
            + result.dialect()
            + "), weights "
            + result.weights()
            + ", device "
            + result.device());
    out.println(
        "processor  "
            + result.processor().name()
            + ": "
            + String.join(" ", result.processor().flags()));
    out.println("threads    " + result.threads());
    out.println(
        "OpenBLAS   "
            + (result.openBlas().isEmpty()
                ? "no OPENBLAS_* is set"
                : result.openBlas().entrySet().stream()
                    .map(entry -> entry.getKey() + "=" + entry.getValue())
                    .collect(Collectors.joining(" "))));
    out.println(
        "reading    "
            + (Double.isNaN(result.readSpeed())
                ? "not measured, too little memory is free"
                : String.format(Locale.ROOT, "%.1f GB/s", result.readSpeed())));
    if (!Double.isNaN(result.productSpeed())) {
      out.printf(Locale.ROOT, "products   %.0f GOP/s%n", result.productSpeed());
    }
    result.llamaCpp().ifPresent(version -> out.println("llama.cpp  " + version));
    out.printf(
        Locale.ROOT,
        "figures    medians of %d; %d steps of decoding behind %d rows%n",
        result.plan().repeats(),
        result.plan().decodeTokens(),
        result.plan().depth());
  }

  private static void answers(AnswerCheck check, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%nanswers    %s: the same token at %d of %d places, KL %.1e a place%n",
        check.agrees() ? "agree" : "DIFFER, the figures are not of the same work",
        check.sameChoice(),
        check.places(),
        check.divergence());
  }

  private static String row(String title, String ours, String theirs, String ratio) {
    return String.format(Locale.ROOT, ROW + " %-33s %s", title, ours, theirs, ratio)
        .stripTrailing();
  }

  private static String figure(BenchResult result, BenchLine line, boolean ours) {
    double figure = ours ? line.ours() : line.theirs();
    if (figure < 0) {
      return "-";
    }
    double share = result.share(line, ours);
    return switch (line.kind()) {
      case LOAD, IMAGE_ENCODE -> seconds(figure);
      case FIRST_TOKEN -> seconds(figure) + (ours ? "" : " (prefill alone)");
      case PREFILL ->
          String.format(Locale.ROOT, "%s, %.1f/s", seconds(figure), line.tokensPerSecond(figure))
              + share(share, "products");
      case DECODE ->
          String.format(Locale.ROOT, "%.2f/s", line.tokensPerSecond(figure))
              + share(share, "reading");
      case PEAK_MEMORY -> MemoryPlan.gigabytes((long) figure);
    };
  }

  private static String share(double share, String of) {
    return Double.isNaN(share)
        ? ""
        : String.format(
            Locale.ROOT, share < 0.01 ? ", %.1f %% of %s" : ", %.0f %% of %s", 100 * share, of);
  }

  private static String seconds(double value) {
    return value < 1
        ? String.format(Locale.ROOT, "%.1f ms", value * 1000)
        : String.format(Locale.ROOT, "%.2f s", value);
  }
}
