package llava4j.generate;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvPool;

/// A request on its way through the scheduler, whose thread owns it once it is submitted.
final class ScheduledRequest implements AutoCloseable {
  private final Answers answers;
  private final AwaitedFilter form;
  private final String tenant;
  private final BooleanSupplier cancelled;
  private final Inbox.Place place;
  private KvCache prompt; // null before it is begun, and when the answers have it
  private float[] first; // logits after the prompt; null before it is read, and when begun with
  private int reusedRows;
  private boolean generating;
  private boolean over;

  /// @param form of the answers
  /// @param cancelled whether the caller gave up
  /// @param place where the caller waits for the result
  ScheduledRequest(
      Answers answers,
      AwaitedFilter form,
      String tenant,
      BooleanSupplier cancelled,
      Inbox.Place place) {
    this.answers = answers;
    this.form = form;
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
    return generating;
  }

  /// Whether the prompt is read and the answers have not begun.
  boolean isRead() {
    return first != null;
  }

  /// Whether the prompt is read and the form is compiled, so that the answers can begin.
  boolean mayGenerate() {
    return isRead() && form.isSettled() && form.failure().isEmpty();
  }

  /// Whether there is nothing to do until the form is compiled.
  boolean awaitsForm() {
    return isRead() && !form.isSettled();
  }

  /// Calls back when the form is compiled, or cannot be.
  void whenFormIsSettled(Runnable listener) {
    form.whenSettled(listener);
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

  /// Ends the reading of the prompt.
  ///
  /// @param logits after it, [vocab]
  void read(float[] logits) {
    first = logits;
  }

  /// Hands the prompt, which is read, over to the answers.
  void generate() {
    KvCache whole = prompt;
    float[] logits = first;
    prompt = null;
    first = null;
    generating = true;
    answers.begin(logits, whole, form);
  }

  /// Whether the caller has been told what became of it.
  boolean isOver() {
    return over;
  }

  /// Ends a request that generates nothing yet, if its caller gave up or its form cannot be had.
  void endIfPointless() {
    try {
      Optional<Throwable> failure = form.failure();
      if (cancelled.getAsBoolean()) {
        answers.cancel();
        finish();
      } else if (failure.isPresent()) {
        fail(failure.get());
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
