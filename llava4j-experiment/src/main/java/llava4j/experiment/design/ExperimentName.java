package llava4j.experiment.design;

import java.util.Arrays;
import llava4j.error.BadInputException;

/// The experiments, in the order of the list.
public enum ExperimentName {
  LADDER("ladder", "From LLaVA to LLaVA-1.5, step by step"),
  FORMAT_PROMPT("format-prompt", "Response-format prompts"),
  DATA_EFFICIENCY("data-efficiency", "Less of the mixture"),
  RESOLUTION("resolution", "Image resolution"),
  HALLUCINATION("hallucination", "Wrong details in the data, at two resolutions"),
  HD("hd", "Tiles, global view and row ends"),
  LANGUAGE_MODEL("language-model", "The language model"),
  COMPOSITION("composition", "Skills learned apart, asked together"),
  GROUPING("grouping", "Batches of one modality"),
  CONNECTOR("connector", "Depth of the connector"),
  SAMPLING("sampling", "Weights of the mixture"),
  EPOCHS("epochs", "Passes over the data"),
  SPEEDRUN("speedrun", "Time to a held-out score");

  private final String word;
  private final String title;

  ExperimentName(String word, String title) {
    this.word = word;
    this.title = title;
  }

  /// The name on the command line.
  public String word() {
    return word;
  }

  /// The name in reports.
  public String title() {
    return title;
  }

  /// The experiment of this name.
  ///
  /// @throws BadInputException if there is none
  public static ExperimentName of(String word) {
    return Arrays.stream(values())
        .filter(name -> name.word.equals(word))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                "unknown experiment '"
                    + word
                    + "': use one of "
                    + String.join(
                        ", ", Arrays.stream(values()).map(ExperimentName::word).toList())));
  }
}
