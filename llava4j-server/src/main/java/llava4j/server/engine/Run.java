package llava4j.server.engine;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import llava4j.ChatResponse;
import llava4j.generate.FinishReason;
import llava4j.generate.TextListener;
import llava4j.server.request.Refusal;

/// One question on its way. The engine's thread puts events in, the request's own thread takes them
/// out, so that a slow client delays nobody.
public final class Run implements Work {
  private final Engine engine;
  private final Question question;
  private final String tenant;
  private final BlockingQueue<RunEvent> events = new LinkedBlockingQueue<>();
  private final AtomicBoolean cancelled = new AtomicBoolean();
  private final long arrived = System.nanoTime();
  private volatile boolean over;
  private final long[] lastTexts; // by answer, 0 for none yet; of the engine's thread
  private boolean hasText; // of the engine's thread

  Run(Engine engine, Question question, String tenant) {
    this.engine = engine;
    this.question = question;
    this.tenant = tenant;
    this.lastTexts = new long[question.options().numAnswers()];
  }

  /// Waits for the next event. At the deadline the question fails.
  public RunEvent next() throws InterruptedException {
    long left = engine.limits().deadline().toNanos() - (System.nanoTime() - arrived);
    RunEvent event = events.poll(Math.max(0, left), TimeUnit.NANOSECONDS);
    if (event == null) {
      cancel();
      return new RunEvent.Failed(outOfTime());
    }
    return event;
  }

  /// Ends it, unless it is over, because nobody waits for the answer. Its place is free before the
  /// next token.
  public void cancel() {
    if (!over && cancelled.compareAndSet(false, true)) {
      engine.forget(this);
      events.add(
          new RunEvent.Failed(
              Refusal.of(Refusal.Reason.CLIENT_GONE, "the client closed the connection")));
    }
  }

  @Override
  public String tenant() {
    return tenant;
  }

  @Override
  public void drop(Refusal why) {
    over = true; // so nobody gave it up
    events.add(new RunEvent.Failed(why));
  }

  /// Works on it, on the engine's thread.
  @Override
  public void run() {
    RunEvent outcome = outcome();
    over = true;
    events.add(outcome);
  }

  private RunEvent outcome() {
    Metrics metrics = engine.metrics();
    metrics.begun(System.nanoTime() - arrived);
    if (isCancelled()) {
      return new RunEvent.Failed(outOfTime());
    }
    try {
      TextListener listener = this::say;
      Optional<ChatResponse> given =
          engine.counted(() -> engine.answer(question, tenant, listener, this::isCancelled));
      boolean stopped =
          given.isEmpty()
              || given.get().answers().stream()
                  .anyMatch(answer -> answer.finishReason() == FinishReason.CANCELLED);
      if (stopped) {
        return new RunEvent.Failed(outOfTime());
      }
      ChatResponse response = given.get();
      metrics.answered(response, System.nanoTime() - arrived);
      return new RunEvent.Done(response);
    } catch (RuntimeException | Error e) { // whatever it is, the client has to hear of it
      return new RunEvent.Failed(Work.refusal(e, "use a smaller image"));
    }
  }

  private void say(int answer, String text) {
    long now = System.nanoTime();
    if (!hasText) {
      engine.metrics().firstText(now - arrived);
      hasText = true;
    }
    if (lastTexts[answer] != 0) {
      engine.metrics().nextText(now - lastTexts[answer]);
    }
    lastTexts[answer] = now;
    events.add(new RunEvent.Text(answer, text));
  }

  private boolean isCancelled() {
    return cancelled.get() || System.nanoTime() - arrived > engine.limits().deadline().toNanos();
  }

  private Refusal outOfTime() {
    return Refusal.of(
        Refusal.Reason.DEADLINE,
        "the answer was not complete after "
            + engine.limits().deadline().toSeconds()
            + " seconds; ask for fewer tokens or try again later");
  }
}
