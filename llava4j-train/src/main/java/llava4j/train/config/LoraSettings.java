package llava4j.train.config;

import java.util.List;
import llava4j.error.BadInputException;

/// Low-rank adapters on the language model's linear layers (arXiv 2106.09685; spec 5.7).
///
/// @param rank rows of A and columns of B
/// @param alpha the update counts alpha / rank
/// @param dropout share of an adapter's inputs that are zeroed while training
/// @param targets last parts of the names of the layers
public record LoraSettings(int rank, double alpha, double dropout, List<String> targets) {
  /// Every linear layer of the decoder, as the original's search finds them.
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
            "lora target '" + target + "' is no linear layer of the decoder; use " + ALL_LINEAR);
      }
    }
    if (targets.isEmpty()) {
      throw new BadInputException("lora has no targets; name some of " + ALL_LINEAR);
    }
  }

  public double scale() {
    return alpha / rank;
  }
}
