package llava4j.generate;

import llava4j.error.BadInputException;

/// The decoding method: how the next token is chosen.
public sealed interface Decoding {

  /// Greedy decoding: always the most likely token; the lowest id among equals. Reproducible.
  record Greedy() implements Decoding {}

  /// Random sampling, with Hugging Face's order of filters: temperature, top-k, top-p, min-p.
  ///
  /// @param temperature divides the logits
  /// @param topK keep this number of most likely tokens; 0 for all
  /// @param topP keep the most likely tokens whose probabilities add up to this value; 1 for all
  /// @param minP keep tokens whose probability is at least this fraction of the highest one; 0 for
  ///   all
  /// @param seed random seed; the same seed gives the same answer
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

  /// Beam search, as in Hugging Face without early stopping.
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
