package llava4j.server.engine;

import llava4j.error.BadInputException;
import llava4j.server.request.Refusal;

/// What stands in the queue of a model.
interface Work extends Runnable {

  /// Whose turn it takes; empty where there are no keys.
  String tenant();

  /// It will not be worked on; who waits for it hears why.
  void drop(Refusal why);

  /// What a client is told of a failure.
  ///
  /// @param remedy against full memory, such as "use a smaller image"
  static Refusal refusal(Throwable failure, String remedy) {
    Refusal refusal =
        switch (failure) {
          case Refusal known -> known;
          case BadInputException e -> Refusal.of(Refusal.Reason.BAD_REQUEST, e.getMessage());
          case OutOfMemoryError _ ->
              Refusal.later(
                  Refusal.Reason.UNAVAILABLE,
                  "the server's memory is full; " + remedy + " or try again later",
                  1);
          default -> Refusal.of(Refusal.Reason.BUG, "the server failed; its log says why");
        };
    return failure instanceof Refusal ? refusal : refusal.withCause(failure);
  }
}
