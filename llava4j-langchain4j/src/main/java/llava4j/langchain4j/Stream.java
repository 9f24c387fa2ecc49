package llava4j.langchain4j;

import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.function.Supplier;
import llava4j.Cancellation;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.error.BadInputException;
import llava4j.generate.TrimmedText;

/// One streamed answer. What the handler throws is its user's mistake: it is told to `onError`, and
/// the answer goes on.
final class Stream implements Runnable {
  private final Answerer answerer;
  private final Supplier<ChatRequest> request;
  private final StreamingChatResponseHandler handler;
  private final Cancellation cancellation = new Cancellation();
  private final PartialResponseContext context = new PartialResponseContext(new Handle());

  Stream(Answerer answerer, Supplier<ChatRequest> request, StreamingChatResponseHandler handler) {
    this.answerer = answerer;
    this.request = request;
    this.handler = handler;
  }

  @Override
  public void run() {
    if (cancellation.getAsBoolean()) {
      return; // while it waited
    }
    ChatResponse response;
    try {
      response =
          answerer.answer(
              request.get(),
              new TrimmedText((_, text) ->
                  tell(() -> handler.onPartialResponse(new PartialResponse(text), context))),
              cancellation);
    } catch (BadInputException e) {
      fail(Responses.invalid(e));
      return;
    } catch (RuntimeException | Error e) {
      fail(e);
      return;
    }
    tell(() -> handler.onCompleteResponse(Responses.of(response, answerer.name())));
  }

  private void tell(Runnable call) {
    if (cancellation.getAsBoolean()) {
      return;
    }
    try {
      call.run();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  /// There is nobody left to tell what `onError` throws, but it must not be lost.
  private void fail(Throwable cause) {
    if (cancellation.getAsBoolean()) {
      return;
    }
    try {
      handler.onError(cause);
    } catch (RuntimeException e) {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
  }

  private final class Handle implements StreamingHandle {
    @Override
    public void cancel() {
      cancellation.cancel();
    }

    @Override
    public boolean isCancelled() {
      return cancellation.getAsBoolean();
    }
  }
}
