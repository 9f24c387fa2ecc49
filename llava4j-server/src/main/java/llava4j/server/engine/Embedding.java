package llava4j.server.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import llava4j.Llava;
import llava4j.TextEmbedding;
import llava4j.error.BadInputException;
import llava4j.server.request.Refusal;

/// Texts that are to be embedded. The engine's thread works, the request's own thread waits.
final class Embedding implements Runnable {
  private final Engine engine;
  private final List<Function<Llava, int[]>> texts;
  private final BooleanSupplier cancelled;
  private final Duration patience;
  private final long arrived = System.nanoTime();
  private final CompletableFuture<List<TextEmbedding>> done = new CompletableFuture<>();

  Embedding(Engine engine, List<Function<Llava, int[]>> texts, BooleanSupplier cancelled) {
    this.engine = engine;
    this.texts = texts;
    this.cancelled = cancelled;
    this.patience = engine.limits().deadline();
  }

  @Override
  public void run() {
    try (ModelStore.Lease lease = engine.lease(this::isGivenUp)) {
      List<TextEmbedding> embeddings = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        if (lease == null || isGivenUp()) {
          done.completeExceptionally(
              Refusal.of(Refusal.Reason.CLIENT_GONE, "the client closed the connection"));
          return;
        }
        embeddings.add(embedded(lease.llava(), i));
      }
      done.complete(embeddings);
    } catch (RuntimeException | Error e) { // whatever it is, the client has to hear of it
      done.completeExceptionally(e);
    }
  }

  private boolean isGivenUp() {
    return cancelled.getAsBoolean() || done.isDone();
  }

  private TextEmbedding embedded(Llava llava, int number) {
    try {
      return llava.embed(texts.get(number).apply(llava));
    } catch (BadInputException e) {
      String name = texts.size() == 1 ? "" : "input[" + number + "]: ";
      throw Refusal.badField("input", name + e.getMessage()).withCause(e);
    }
  }

  /// @throws Refusal if there are no embeddings, or not in time
  List<TextEmbedding> await() throws InterruptedException {
    try {
      long left = patience.toNanos() - (System.nanoTime() - arrived);
      return done.get(Math.max(0, left), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      done.cancel(false);
      throw Refusal.of(
              Refusal.Reason.DEADLINE,
              "the embeddings were not complete after "
                  + patience.toSeconds()
                  + " seconds; send fewer texts or try again later")
          .withCause(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Refusal refusal) {
        throw refusal;
      }
      throw Refusal.of(Refusal.Reason.BUG, "the server failed; its log says why").withCause(e);
    }
  }
}
