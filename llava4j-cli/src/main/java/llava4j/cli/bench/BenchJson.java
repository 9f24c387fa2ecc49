package llava4j.cli.bench;

import java.util.Locale;
import llava4j.cli.bench.BenchLine.Kind;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A result as one JSON object. Seconds, bytes, tokens a second; a figure that is not known is not
/// there.
final class BenchJson {
  private BenchJson() {}

  static String of(BenchResult result) {
    JsonMapper json = new JsonMapper();
    ObjectNode root = json.createObjectNode();
    root.put("model", result.model());
    root.put("dialect", result.dialect());
    root.put("device", result.device());
    root.put("weights", result.weights());
    root.put("threads", result.threads().count());
    root.put("processor", result.processor().name());
    result.processor().flags().forEach(root.putArray("flags")::add);
    result.openBlas().forEach(root.putObject("openblas")::put);
    if (!Double.isNaN(result.readSpeed())) {
      root.put("read_gigabytes_per_second", result.readSpeed());
    }
    if (!Double.isNaN(result.productSpeed())) {
      root.put("product_gigaoperations_per_second", result.productSpeed());
    }
    root.put("step_bytes", result.stepBytes());
    root.put("decode_steps", result.plan().decodeTokens());
    root.put("depth", result.plan().depth());
    root.put("repeats", result.plan().repeats());
    root.put("seed", result.plan().seed());
    result.llamaCpp().ifPresent(version -> root.put("llama_cpp", version));
    result
        .check()
        .ifPresent(check ->
            root.putObject("answers")
                .put("agree", check.agrees())
                .put("places", check.places())
                .put("same_token", check.sameChoice())
                .put("divergence", check.divergence()));
    for (BenchLine line : result.lines()) {
      ObjectNode node = root.withArray("lines").addObject();
      node.put("what", line.kind().name().toLowerCase(Locale.ROOT));
      if (line.rows() > 0) {
        node.put("rows", line.rows());
      }
      if (line.sequences() > 0) {
        node.put("sequences", line.sequences());
      }
      put(node, "ours", result, line, true);
      put(node, "llama_cpp", result, line, false);
      if (line.isCompared()) {
        node.put("ratio", line.ratio());
      }
    }
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(root);
  }

  private static void put(
      ObjectNode node, String name, BenchResult result, BenchLine line, boolean ours) {
    double figure = ours ? line.ours() : line.theirs();
    if (figure < 0) {
      return;
    }
    ObjectNode figures = node.putObject(name);
    if (line.kind() == Kind.PEAK_MEMORY) {
      figures.put("bytes", (long) figure);
      return;
    }
    figures.put("seconds", figure);
    if (line.tokensPerSecond(figure) > 0) {
      figures.put("tokens_per_second", line.tokensPerSecond(figure));
    }
    double share = result.share(line, ours);
    if (!Double.isNaN(share)) {
      figures.put(line.kind() == Kind.PREFILL ? "share_of_products" : "share_of_reading", share);
    }
  }
}
