package llava4j.cli.option;

import java.util.List;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// How to answer: the options that `ask` and `chat` share.
public final class GenerationFlags {
  private static final String BEAMS_DRAW_NOTHING =
      "beams follow the likeliest tokens and draw none";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "512",
      description = "Most tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens;

  @Option(
      names = {"-t", "--temperature"},
      paramLabel = "T",
      defaultValue = "0",
      description =
          "0 always takes the likeliest token; above, tokens are drawn. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description = "Draw among the likeliest that reach P.")
  private double topP;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Draw among the K likeliest.")
  private int topK;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      defaultValue = "0",
      description = "Drop tokens below P times the likeliest.")
  private double minP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Equal seeds give equal answers.")
  private long seed;

  @Option(
      names = "--beams",
      paramLabel = "N",
      defaultValue = "1",
      description = "Follow the N likeliest beginnings.")
  private int beams;

  @Option(
      names = "--length-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description = "With --beams: above 0 favours long answers.")
  private double lengthPenalty;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description = "Above 1 avoids words that were used.")
  private double repetitionPenalty;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the answer before this text; may be repeated.")
  private List<String> stops = List.of();

  @Option(names = "-n", paramLabel = "N", defaultValue = "1", description = "So many answers.")
  private int numAnswers;

  @Option(
      names = "--logprobs",
      paramLabel = "N",
      defaultValue = "-1",
      description = "With --format json: log-probabilities of each token and of N alternatives.")
  private int logProbs;

  public GenerationOptions toOptions() {
    return new GenerationOptions(
        maxTokens, decoding(), repetitionPenalty, stops, false, numAnswers, logProbs);
  }

  private Decoding decoding() {
    if (beams > 1) {
      if (temperature != 0) {
        Unused.refuse(spec, BEAMS_DRAW_NOTHING, "--temperature");
      }
      Unused.refuse(spec, BEAMS_DRAW_NOTHING, "--top-p", "--top-k", "--min-p", "--seed");
      return new Decoding.Beam(beams, lengthPenalty);
    }
    Unused.refuse(spec, "it weighs beams, and there is one (see --beams)", "--length-penalty");
    if (temperature == 0) {
      Unused.refuse(
          spec,
          "at temperature 0 no token is drawn (see --temperature)",
          "--top-p",
          "--top-k",
          "--min-p");
    }
    return temperature == 0
        ? new Decoding.Greedy()
        : new Decoding.Sample(temperature, topK, topP, minP, seed);
  }
}
