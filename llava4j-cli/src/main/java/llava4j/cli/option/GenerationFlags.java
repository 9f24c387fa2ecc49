package llava4j.cli.option;

import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Options about decoding, which `ask` and `chat` share.
public final class GenerationFlags {
  /// Stands for an answer without log-probabilities.
  public static final int NO_LOG_PROBABILITIES = -1;

  private static final int HOTTEST = 100;
  private static final String BEAMS_DRAW_NOTHING = "beam search does not sample";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "512",
      description = "Maximum number of tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens;

  @Option(
      names = {"-t", "--temperature"},
      paramLabel = "T",
      defaultValue = "0",
      description =
          "0: greedy decoding, always the most likely token; above 0: sampling. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description = "Sample from the most likely tokens whose probabilities add up to P.")
  private double topP;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Sample from the K most likely tokens.")
  private int topK;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      defaultValue = "0",
      description = "Exclude tokens that are less likely than P times the most likely one.")
  private double minP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Random seed for sampling; the same seed gives the same answer.")
  private long seed;

  @Option(
      names = "--beams",
      paramLabel = "N",
      defaultValue = "1",
      description = "Beam search with N beams.")
  private int beams;

  @Option(
      names = "--length-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description = "With --beams: values above 0 favour longer answers.")
  private double lengthPenalty;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description = "Values above 1 make tokens less likely that were already used.")
  private double repetitionPenalty;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the answer before this text; repeatable.")
  private List<String> stops = List.of();

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private AnswerForm form;

  /// The options for one answer without log-probabilities.
  public GenerationOptions toOptions() {
    return toOptions(1, NO_LOG_PROBABILITIES);
  }

  /// The options for several answers.
  ///
  /// @param logProbs number of alternatives per token, or [#NO_LOG_PROBABILITIES]
  public GenerationOptions toOptions(int numAnswers, int logProbs) {
    GenerationOptions options =
        new GenerationOptions(
            maxTokens,
            decoding(numAnswers),
            repetitionPenalty,
            stops,
            false,
            numAnswers,
            logProbs,
            Optional.empty());
    return form == null ? options : options.withConstraint(form.constraint());
  }

  private Decoding decoding(int numAnswers) {
    if (!(temperature >= 0 && temperature <= HOTTEST)) {
      throw new BadInputException(
          "--temperature is "
              + temperature
              + "; it must be between 0 (always the most likely token) and "
              + HOTTEST);
    }
    if (beams < 1) {
      throw new BadInputException("--beams is " + beams + "; it must be at least 1");
    }
    if (beams > 1) {
      if (temperature != 0) {
        Unused.refuse(spec, BEAMS_DRAW_NOTHING, "--temperature");
      }
      Unused.refuse(spec, BEAMS_DRAW_NOTHING, "--top-p", "--top-k", "--min-p", "--seed");
      return new Decoding.Beam(beams, lengthPenalty);
    }
    Unused.refuse(spec, "it applies only to beam search (see --beams)", "--length-penalty");
    if (temperature == 0) {
      Unused.refuse(
          spec,
          "at temperature 0 nothing is sampled (see --temperature)",
          "--top-p",
          "--top-k",
          "--min-p",
          "--seed");
      if (numAnswers > 1) {
        throw new BadInputException(
            "-n "
                + numAnswers
                + " would give the same answer each time: at temperature 0 nothing is sampled; set"
                + " --temperature, or use --beams");
      }
    }
    return temperature == 0
        ? new Decoding.Greedy()
        : new Decoding.Sample(temperature, topK, topP, minP, seed);
  }
}
