package llava4j.generate;

import java.util.List;

/// The result of one prompt.
///
/// @param answers as many as the options ask for
/// @param reusedRows tokens of the prompt that did not have to be computed
public record Finished(List<Generation> answers, int reusedRows) {
  public Finished {
    answers = List.copyOf(answers);
  }
}
