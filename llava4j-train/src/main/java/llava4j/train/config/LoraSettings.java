package llava4j.train.config;

import java.util.List;
import llava4j.error.BadInputException;

/// Low-rank adapters on the language model's linear layers (arXiv 2106.09685; spec 5.7).
///
/// @param rank number of rows of A and of columns of B
/// @param alpha the low-rank update is scaled by alpha / rank
/// @param dropout probability with which an input of an adapter is set to zero in training
/// @param targets last part of the names of the adapted layers, such as `q_proj`
public record LoraSettings(int rank, double alpha, double dropout, List<String> targets) {
  /// All linear layers of a decoder block, which is what the original code selects.
  public static final List<String> ALL_LINEAR =
      List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

  public LoraSettings {
    targets = List.copyOf(targets);
    if (rank < 1) {
      throw new BadInputException("lora rank is " + rank + "; it must be at least 1");
    }
    if (!(alpha > 0)) {
      throw new BadInputException("lora alpha is " + alpha + "; it must be above 0");
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new BadInputException("lora dropout is " + dropout + "; it must be in [0, 1)");
    }
    for (String target : targets) {
      if (!ALL_LINEAR.contains(target)) {
        throw new BadInputException(
            "lora target '"
                + target
                + "' is not a linear layer of the decoder; use some of "
                + ALL_LINEAR);
      }
    }
    if (targets.isEmpty()) {
      throw new BadInputException("lora has no targets; name some of " + ALL_LINEAR);
    }
  }

  /// The factor of the low-rank update, alpha / rank.
  public double scale() {
    return alpha / rank;
  }
}
