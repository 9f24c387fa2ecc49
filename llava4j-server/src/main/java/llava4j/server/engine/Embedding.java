package llava4j.server.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import llava4j.Llava;
import llava4j.TextEmbedding;
import llava4j.error.BadInputException;
import llava4j.server.request.Fields;
import llava4j.server.request.Refusal;

/// Texts that are to be embedded. The engine's thread works, the request's own thread waits.
public final class Embedding implements Work {
  private static final int MOST_TEXTS = 2048;

  /// In all embeddings of an answer, some 50 MB of JSON.
  private static final int MOST_NUMBERS = 4_000_000;

  private final Engine engine;
  private final List<Function<Llava, int[]>> texts;
  private final String tenant;
  private final Duration patience;
  private final long arrived = System.nanoTime();
  private final CompletableFuture<List<TextEmbedding>> done = new CompletableFuture<>();

  Embedding(Engine engine, List<Function<Llava, int[]>> texts, String tenant) {
    this.engine = engine;
    this.texts = texts;
    this.tenant = tenant;
    this.patience = engine.limits().deadline();
  }

  /// The most texts of which the embeddings fit into one answer.
  ///
  /// @param dim numbers of an embedding
  public static int mostTexts(int dim) {
    return Math.clamp(MOST_NUMBERS / dim, 1, MOST_TEXTS);
  }

  /// Refuses a number of dimensions other than the model's.
  public static void requireOwnDim(Fields fields, int dim) {
    OptionalInt asked = fields.integer("dimensions", 1, Integer.MAX_VALUE);
    if (asked.isPresent() && asked.getAsInt() != dim) {
      throw Refusal.badField(
          "dimensions", "dimensions can be " + dim + " only, the model's; leave it out");
    }
  }

  @Override
  public void run() {
    engine.metrics().begun(System.nanoTime() - arrived);
    try {
      List<TextEmbedding> embeddings = engine.counted(this::all);
      if (!done.isDone() && !texts.isEmpty()) {
        engine.metrics().embedded(embeddings, System.nanoTime() - arrived);
      }
      done.complete(embeddings);
    } catch (RuntimeException | Error e) { // whatever it is, the client has to hear of it
      drop(Work.refusal(e, "send fewer texts"));
    }
  }

  private List<TextEmbedding> all() {
    try (ModelStore.Lease lease = engine.lease(done::isDone)) {
      if (lease == null) {
        throw Refusal.stopping(); // or it was given up, and nobody hears this
      }
      List<TextEmbedding> embeddings = new ArrayList<>();
      for (int i = 0; i < texts.size() && !done.isDone(); i++) {
        embeddings.add(one(lease.llava(), i));
      }
      return embeddings;
    }
  }

  private TextEmbedding one(Llava llava, int number) {
    try {
      return llava.embed(texts.get(number).apply(llava));
    } catch (BadInputException e) {
      String name = texts.size() == 1 ? "" : "input[" + number + "]: ";
      throw Refusal.badField("input", name + e.getMessage()).withCause(e);
    }
  }

  @Override
  public String tenant() {
    return tenant;
  }

  @Override
  public void drop(Refusal why) {
    done.completeExceptionally(why);
  }

  /// Ends it, unless it is over, because nobody waits for it. Its place is free before the next
  /// text.
  public void cancel() {
    giveUp(Refusal.of(Refusal.Reason.CLIENT_GONE, "the client closed the connection"));
  }

  private void giveUp(Refusal why) {
    if (done.completeExceptionally(why)) {
      engine.forget(this);
    }
  }

  /// Waits for the embeddings, in the order of the texts.
  ///
  /// @throws Refusal if there are none, or not in time
  public List<TextEmbedding> await() throws InterruptedException {
    try {
      try {
        long left = patience.toNanos() - (System.nanoTime() - arrived);
        return done.get(Math.max(0, left), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        giveUp(
            Refusal.of(
                    Refusal.Reason.DEADLINE,
                    "the embeddings were not complete after "
                        + patience.toSeconds()
                        + " seconds; send fewer texts or try again later")
                .withCause(e));
        return done.get(); // it is over, in one way or the other
      }
    } catch (ExecutionException e) {
      throw Work.refusal(e.getCause(), "send fewer texts");
    }
  }
}
