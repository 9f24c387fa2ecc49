package llava4j.generate;

import llava4j.error.BadInputException;

/// How the next token is chosen.
public sealed interface Decoding {

  /// Always the likeliest; the lowest id among equals. Reproducible.
  record Greedy() implements Decoding {}

  /// Drawn at random, in Hugging Face's order of filters: temperature, top-k, top-p, min-p.
  ///
  /// @param temperature divides the logits
  /// @param topK keep this many likeliest tokens; 0 for all
  /// @param topP keep the likeliest tokens that together reach this probability; 1 for all
  /// @param minP keep tokens at least this fraction as likely as the likeliest; 0 for all
  /// @param seed equal seeds give equal answers
  record Sample(double temperature, int topK, double topP, double minP, long seed)
      implements Decoding {
    public Sample {
      if (!(temperature > 0) || temperature > 100) {
        throw new BadInputException(
            "temperature must be above 0 and at most 100, not " + temperature + "; 0 means greedy");
      }
      if (topK < 0) {
        throw new BadInputException("top-k must not be negative, but is " + topK);
      }
      if (!(topP > 0) || topP > 1) {
        throw new BadInputException("top-p must be above 0 and at most 1, not " + topP);
      }
      if (!(minP >= 0) || minP > 1) {
        throw new BadInputException("min-p must be between 0 and 1, not " + minP);
      }
    }
  }

  /// The likeliest of several continuations followed side by side (Hugging Face's beam search
  /// without early stopping).
  ///
  /// @param lengthPenalty exponent of the length that a finished answer's log-probability is
  ///   divided by
  record Beam(int numBeams, double lengthPenalty) implements Decoding {
    public Beam {
      if (numBeams < 1 || numBeams > 64) {
        throw new BadInputException(
            "the number of beams must be between 1 and 64, not " + numBeams);
      }
    }
  }
}
