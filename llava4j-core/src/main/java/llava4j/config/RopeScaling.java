package llava4j.config;

import llava4j.error.BadInputException;

/// How rotary frequencies are stretched beyond the trained length (Hugging Face `rope_scaling` /
/// `rope_parameters`).
public sealed interface RopeScaling {

  record None() implements RopeScaling {}

  /// Positions are divided by `factor`.
  record Linear(double factor) implements RopeScaling {
    public Linear {
      Checks.positive("rope scaling factor", factor);
    }
  }

  /// Llama 3.1's rule: low frequencies are divided by `factor`, high ones are kept, with a linear
  /// transition between them.
  record Llama3(
      double factor,
      double lowFrequencyFactor,
      double highFrequencyFactor,
      int originalMaxPositions)
      implements RopeScaling {
    public Llama3 {
      Checks.positive("rope scaling factor", factor);
      Checks.positive("rope low_freq_factor", lowFrequencyFactor);
      Checks.positive("rope original_max_position_embeddings", originalMaxPositions);
      if (highFrequencyFactor <= lowFrequencyFactor) {
        throw new BadInputException(
            "config: rope high_freq_factor must be larger than low_freq_factor");
      }
    }
  }
}
