package llava4j.text.template;

import java.util.List;
import java.util.Optional;

/// Converts a conversation to the text of a prompt: one of the original code's templates, or the
/// model folder's own.
public sealed interface PromptTemplate permits ConversationTemplate, ChatTemplate {

  /// The displayed name.
  String key();

  /// The prompt of a conversation that ends with a question.
  ///
  /// @param system replaces the template's own system prompt
  /// @param messages alternating messages of user and assistant, from a first to a last user
  ///   message; `<image>` in a user's message is an image placeholder
  /// @throws llava4j.error.BadInputException if the template refuses the conversation
  String prompt(Optional<String> system, List<String> messages);

  /// The text that ends an answer in this template, if it is not the tokenizer's end token; may be
  /// empty.
  String stopText();

  /// A user's text in which the template's bracketed markers are split by a blank, so that they
  /// cannot start another turn.
  String neutralised(String userText);
}
