package llava4j.server.request;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;

/// How an answer is to be generated, with the defaults of `llava ask`: greedy, 512 tokens.
///
/// @param seed empty for another one each time
public record Sampling(
    OptionalInt maxTokens,
    OptionalDouble temperature,
    OptionalDouble topP,
    OptionalInt topK,
    OptionalDouble minP,
    OptionalDouble repetitionPenalty,
    OptionalLong seed,
    List<String> stops,
    int answers,
    int topLogProbs) {
  /// The highest temperature.
  public static final double HOTTEST = 100;

  /// The highest repetition penalty.
  public static final double MOST_PENALTY = 100;

  private static final int DEFAULT_TOKENS = 512;

  /// Stop strings of one request, each of which is looked for after every token.
  private static final int MOST_STOPS = 16;

  private static final int LONGEST_STOP = 1000;

  public Sampling {
    stops = List.copyOf(stops);
    if (stops.stream().anyMatch(String::isEmpty)) {
      throw Refusal.badField("stop", "stop must not be empty; give a text or leave it out");
    }
    if (stops.size() > MOST_STOPS || stops.stream().anyMatch(s -> s.length() > LONGEST_STOP)) {
      throw Refusal.badField(
          "stop",
          "stop can have "
              + MOST_STOPS
              + " texts of "
              + LONGEST_STOP
              + " characters at most; leave some out");
    }
  }

  /// @throws llava4j.error.BadInputException if a value is out of its range
  public GenerationOptions toOptions() {
    double heat = temperature.orElse(0);
    if (heat == 0 && answers > 1) {
      throw Refusal.badField(
          "n",
          "n "
              + answers
              + " would give the same answer each time: at temperature 0 nothing is sampled; set temperature");
    }
    // with any seed the most likely token is the same, and it is among the likely ones of any
    // filter
    Decoding decoding =
        heat == 0
            ? new Decoding.Greedy()
            : new Decoding.Sample(
                heat,
                topK.orElse(0),
                topP.orElse(1),
                minP.orElse(0),
                seed.orElseGet(() -> ThreadLocalRandom.current().nextLong()));
    return GenerationOptions.greedy()
        .withMaxNewTokens(maxTokens.orElse(DEFAULT_TOKENS))
        .withDecoding(decoding)
        .withRepetitionPenalty(repetitionPenalty.orElse(1))
        .withStopStrings(stops, false)
        .withNumAnswers(answers)
        .withTopLogProbs(topLogProbs);
  }
}
