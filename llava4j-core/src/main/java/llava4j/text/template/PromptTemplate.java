package llava4j.text.template;

import java.util.List;
import java.util.Optional;

/// How a conversation becomes the text of a prompt: one of the original code's templates, or a
/// model folder's own.
public sealed interface PromptTemplate permits ConversationTemplate, ChatTemplate {

  /// A name for people.
  String key();

  /// The prompt of a conversation that waits for an answer.
  ///
  /// @param system replaces the template's own system text
  /// @param messages user and assistant in turn, the user first and last; `<image>` in a user's
  ///   message stands for an image
  /// @throws llava4j.error.BadInputException if the template refuses the conversation
  String prompt(Optional<String> system, List<String> messages);

  /// The text that ends an answer in this template where it is not the tokenizer's end token; empty
  /// for none.
  String stopText();

  /// A user's words with the template's bracketed markers broken by a blank, so that they cannot
  /// begin another turn.
  String neutralised(String userText);
}
