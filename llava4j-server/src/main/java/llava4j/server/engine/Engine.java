package llava4j.server.engine;

import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.TextEmbedding;
import llava4j.generate.GenerationOptions;
import llava4j.generate.TextListener;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.fetch.ImageFetcher;
import llava4j.server.request.Refusal;

/// Hands questions to the model, so many at a time; others wait in a queue of limited length.
///
/// Each question has a platform thread while the model works on it: images are decoded and encoded
/// there, beside the model's token loop. Virtual threads would not do, because libtorch's threads
/// belong to the native thread that calls it.
public final class Engine implements AutoCloseable {
  private static final long IDLE_SECONDS = 30;
  private static final int WARM_SIDE = 336;

  private final Llava llava;
  private final EngineLimits limits;
  private final Metrics metrics = new Metrics();
  private final ImageFetcher fetcher;
  private final ThreadPoolExecutor threads;
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean warm;

  public Engine(Llava llava, EngineLimits limits) {
    this.llava = llava;
    this.limits = limits;
    this.fetcher = new ImageFetcher(limits.fetch(), InputStream.nullInputStream());
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            limits.running(),
            limits.running(),
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(limits.queued()),
            work ->
                Thread.ofPlatform()
                    .daemon()
                    .name("llava4j-answer-" + number.incrementAndGet())
                    .unstarted(work));
    threads.allowCoreThreadTimeOut(true);
  }

  public Llava llava() {
    return llava;
  }

  public EngineLimits limits() {
    return limits;
  }

  public Metrics metrics() {
    return metrics;
  }

  /// Lets the model see an image and say a word, so that the first client need not wait for what is
  /// only done once.
  public void warmUp() {
    byte[] grey = new byte[3 * WARM_SIDE * WARM_SIDE];
    RgbImage image = new RgbImage(WARM_SIDE, WARM_SIDE, grey);
    ChatResponse _ =
        llava.answer(
            ChatRequest.of(List.of(image), "?")
                .withOptions(GenerationOptions.greedy().withMaxNewTokens(2)));
    warm = true;
  }

  /// Whether questions are answered: warm, and not being closed.
  public boolean isReady() {
    return warm && !threads.isShutdown();
  }

  /// Questions that the model works on.
  public int running() {
    return running.get();
  }

  /// Questions that wait.
  public int queued() {
    return threads.getQueue().size();
  }

  /// The measurements as text.
  public String metricsText() {
    return metrics.text(llava, running(), queued(), isReady());
  }

  /// Takes a question.
  ///
  /// @throws Refusal if the queue is full or the server is being stopped
  public Run submit(Question question) {
    Run run = new Run(this, question);
    execute(run);
    return run;
  }

  /// Embeds texts, in the queue of the questions.
  ///
  /// @param texts as tokens
  /// @param cancelled asked before every text
  /// @throws Refusal if the queue is full, the time is over, or a text cannot be embedded
  public List<TextEmbedding> embed(List<int[]> texts, BooleanSupplier cancelled)
      throws InterruptedException {
    Embedding work = new Embedding(llava, texts, cancelled, limits.deadline());
    execute(work);
    return work.await();
  }

  private void execute(Runnable work) {
    if (!isReady()) {
      throw Refusal.later(
          Refusal.Reason.UNAVAILABLE,
          threads.isShutdown()
              ? "the server is being stopped; ask another one"
              : "the model is not ready yet; try again",
          1);
    }
    try {
      threads.execute(work);
    } catch (RejectedExecutionException e) {
      long seconds = Math.clamp(Math.round(Math.ceil(metrics.meanSeconds())), 1, 30);
      throw Refusal.later(
              Refusal.Reason.BUSY,
              limits.queued() + " requests are waiting already; try again in " + seconds + " s",
              seconds)
          .withCause(e);
    }
  }

  /// Refuses new questions and waits for the others.
  ///
  /// @return whether all were answered in time
  public boolean drain(Duration patience) throws InterruptedException {
    threads.shutdown();
    return threads.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /// Refuses new questions and drops those that wait.
  @Override
  public void close() {
    threads.shutdownNow();
  }

  /// Drops a question whose client has gone.
  void forget(Run run) {
    metrics.gaveUp();
    threads.remove(run);
  }

  ChatResponse answer(Question question, TextListener listener, BooleanSupplier cancelled) {
    running.incrementAndGet();
    try {
      return switch (question) {
        case Question.Text(String text, GenerationOptions options) ->
            llava.complete(text, options, listener, cancelled);
        case Question.Conversation conversation ->
            llava.answer(request(conversation), listener, cancelled);
      };
    } finally {
      running.decrementAndGet();
    }
  }

  private ChatRequest request(Question.Conversation conversation) {
    List<ChatMessage> messages = new ArrayList<>();
    for (Question.Turn turn : conversation.turns()) {
      messages.add(
          switch (turn) {
            case Question.Turn.User(String text, List<ImageSource> images) ->
                new ChatMessage.User(text, images.stream().map(this::decoded).toList());
            case Question.Turn.Assistant(String text) -> new ChatMessage.Assistant(text);
          });
    }
    return new ChatRequest(messages, conversation.system(), conversation.options());
  }

  private RgbImage decoded(ImageSource source) {
    DecodeOptions options = DecodeOptions.defaults().withMaxPixels(limits.pixels());
    return fetcher.decode(source, options).image();
  }
}
