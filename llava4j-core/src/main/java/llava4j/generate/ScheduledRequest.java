package llava4j.generate;

import java.util.function.BooleanSupplier;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvPool;

/// A request on its way through the scheduler, whose thread owns it once it is submitted.
final class ScheduledRequest implements AutoCloseable {
  private final Answers answers;
  private final String tenant;
  private final BooleanSupplier cancelled;
  private final Inbox.Place place;
  private KvCache prompt; // null before it is begun, and when the answers have it
  private int reusedRows;
  private boolean read;
  private boolean over;

  /// @param cancelled whether the caller gave up
  /// @param place where the caller waits for the result
  ScheduledRequest(Answers answers, String tenant, BooleanSupplier cancelled, Inbox.Place place) {
    this.answers = answers;
    this.tenant = tenant;
    this.cancelled = cancelled;
    this.place = place;
  }

  Answers answers() {
    return answers;
  }

  String tenant() {
    return tenant;
  }

  Inbox.Place place() {
    return place;
  }

  /// The most KV blocks that it can need: each sequence may get a copy of the block that the prompt
  /// ends in.
  long blocks() {
    long rows = (long) answers.prompt().numRows() + answers.maxTokens();
    return blocks(answers.maxSequences(), rows);
  }

  /// The most KV blocks that sequences of up to so many tokens can need.
  static long blocks(int sequences, long rows) {
    return sequences * (KvPool.blocksFor(rows) + 1L);
  }

  /// Whether the prompt is read and the answers are being generated.
  boolean isGenerating() {
    return read;
  }

  /// Starts with what is known of the prompt.
  void begin(KvCache known) {
    prompt = known;
    reusedRows = known.length();
  }

  boolean isBegun() {
    return prompt != null;
  }

  KvCache prompt() {
    return prompt;
  }

  /// Tokens of the prompt that were known.
  int reusedRows() {
    return reusedRows;
  }

  /// Tokens of the prompt that are not read.
  int rowsLeft() {
    return answers.prompt().numRows() - prompt.length();
  }

  /// Hands the prompt over to the answers.
  ///
  /// @param logits after it, [vocab]
  void generate(float[] logits) {
    KvCache whole = prompt;
    prompt = null;
    read = true;
    answers.begin(logits, whole);
  }

  /// Whether the caller has been told what became of it.
  boolean isOver() {
    return over;
  }

  /// Ends a request that generates nothing yet, if its caller gave up.
  void endIfCancelled() {
    try {
      if (cancelled.getAsBoolean()) {
        answers.cancel();
        finish();
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /// Gives the answers to the caller.
  void finish() {
    close();
    over = true;
    place.done(new Finished(answers.results(), reusedRows));
  }

  /// Tells the caller why there is no answer.
  void fail(Throwable cause) {
    try {
      close();
    } finally {
      place.failed(cause);
      over = true;
    }
  }

  @Override
  public void close() {
    if (prompt != null) {
      prompt.close();
      prompt = null;
    }
    answers.close();
  }
}
