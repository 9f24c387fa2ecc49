package llava4j.config;

import java.util.Locale;
import llava4j.error.BadInputException;

/// Detects folders with quantised weights of other programs: AWQ, GPTQ, bitsandbytes and others.
/// Their tensors have other names and shapes, so `config.json` is checked before the tensors.
final class Quantisation {
  private static final String KEY = "quantization_config";

  private Quantisation() {}

  /// Does nothing for plain weights.
  ///
  /// @throws BadInputException that names the method
  static void refuse(ConfigNode config) {
    ConfigNode found =
        config.object(KEY).or(() -> config.object("compression_config")).orElse(null);
    if (found == null) {
      return;
    }
    String method = found.text("quant_method", "").toLowerCase(Locale.ROOT);
    String kind =
        switch (method) {
          case "awq" -> "AWQ";
          case "gptq" -> "GPTQ";
          case "bitsandbytes" -> "bitsandbytes";
          case "compressed-tensors" -> "compressed-tensors";
          case "fp8", "fbgemm_fp8" -> "FP8";
          case "" ->
              found.has("load_in_4bit") || found.has("load_in_8bit")
                  ? "bitsandbytes"
                  : "an unnamed method";
          default -> method;
        };
    throw new BadInputException(
        config.file()
            + ": the weights are quantised with "
            + kind
            + " ("
            + KEY
            + "), which is not supported; use the original model in 16 or 32 bits,"
            + " or a GGUF file of it");
  }
}
