package llava4j.server.engine;

import llava4j.ChatResponse;
import llava4j.server.request.Refusal;

/// What happens to a question on its way.
public sealed interface RunEvent {

  /// The next piece of an answer.
  record Text(int answer, String text) implements RunEvent {}

  /// All answers are complete.
  record Done(ChatResponse response) implements RunEvent {}

  /// There is no answer.
  record Failed(Refusal refusal) implements RunEvent {}
}
