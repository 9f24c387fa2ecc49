package llava4j.tiny.data;

import llava4j.data.mixture.rule.FormatPrompt;

/// A question, with its response-format prompt, and its answer.
///
/// @param about what of the image it is about; empty for the whole
/// @param question without the prompt
/// @param format which prompt; see [Exchanges]
/// @param answer as the model shall say it
record Exchange(TinyTask task, String about, Format format, String question, String answer) {

  /// How the answer shall look.
  enum Format {
    FREE(""),
    SHORT("\n" + FormatPrompt.SHORT),
    LETTER("\n" + FormatPrompt.LETTER),
    /// The question is an instruction already.
    OWN("");

    private final String prompt;

    Format(String prompt) {
      this.prompt = prompt;
    }
  }

  /// The question with its prompt.
  String asked() {
    return question + format.prompt;
  }
}
