package llava4j.server.engine;

import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.error.BadInputException;
import llava4j.generate.GenerationOptions;
import llava4j.generate.SchedulerLoad;
import llava4j.generate.TextListener;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.fetch.ImageFetcher;
import llava4j.server.request.Refusal;
import llava4j.server.request.ServedModel;
import llava4j.text.tokenizer.Tokenizer;

/// Hands questions to one model, so many at a time; others wait in a queue of limited length, in
/// which tenants take turns.
///
/// Each question has a platform thread while the model works on it: images are decoded and encoded
/// there, beside the model's token loop. Virtual threads would not do, because libtorch's threads
/// belong to the native thread that calls it.
public final class Engine implements AutoCloseable {
  private static final long IDLE_SECONDS = 30;
  private static final int WARM_SIDE = 336;

  private final ModelStore store;
  private final HeldModel held;
  private final ServedModel model;
  private final EngineLimits limits;
  private final Metrics metrics = new Metrics();
  private final ImageFetcher fetcher;
  private final ThreadPoolExecutor threads;
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean open;
  private Tokenizer tokenizer; // guarded by this

  Engine(ModelStore store, HeldModel held, EngineLimits limits) {
    this.store = store;
    this.held = held;
    this.model = new ServedModel(held.source.name(), Instant.now());
    this.limits = limits;
    this.fetcher = new ImageFetcher(limits.fetch(), InputStream.nullInputStream());
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            limits.running(),
            limits.running(),
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new TurnQueue<>(limits.queued(), Engine::tenant, this::giveWay),
            work ->
                Thread.ofPlatform()
                    .daemon()
                    .name("llava4j-answer-" + number.incrementAndGet())
                    .unstarted(work));
    threads.allowCoreThreadTimeOut(true);
  }

  /// The model's name.
  public ServedModel model() {
    return model;
  }

  /// What is known of the model, whether it is loaded or not.
  public ModelSource.Facts facts() {
    return held.source.facts();
  }

  /// Whether the model is in memory.
  public boolean isLoaded() {
    return store.isLoaded(held);
  }

  /// What the model can do, in Ollama's words.
  public List<String> capabilities() {
    return limits.images() > 0
        ? List.of("completion", "vision", "embedding")
        : List.of("completion", "embedding");
  }

  /// The model's tokenizer, also if the model is not in memory.
  ///
  /// @throws Refusal if its files cannot be used
  public synchronized Tokenizer tokenizer() {
    if (tokenizer == null) {
      try {
        tokenizer = held.source.tokenizer();
      } catch (BadInputException e) {
        throw unusable(e);
      }
    }
    return tokenizer;
  }

  public EngineLimits limits() {
    return limits;
  }

  Metrics metrics() {
    return metrics;
  }

  /// Lets the model see an image and say a word, so that the first client need not wait for what is
  /// only done once.
  void warmUp() {
    byte[] grey = new byte[3 * WARM_SIDE * WARM_SIDE];
    RgbImage image = new RgbImage(WARM_SIDE, WARM_SIDE, grey);
    try (ModelStore.Lease lease = store.use(held, () -> false).orElseThrow()) {
      ChatResponse _ =
          lease
              .llava()
              .answer(
                  ChatRequest.of(List.of(image), "?")
                      .withOptions(GenerationOptions.greedy().withMaxNewTokens(2)));
    }
  }

  /// Takes questions from now on.
  void open() {
    open = true;
  }

  /// Whether questions are answered: open, and not being closed.
  public boolean isReady() {
    return open && !threads.isShutdown();
  }

  /// Questions that the model works on.
  public int running() {
    return running.get();
  }

  /// Questions that wait.
  public int queued() {
    return threads.getQueue().size();
  }

  /// Writes the measurements.
  void writeTo(MetricsPage page) {
    MetricsPage.Labels labels = MetricsPage.Labels.of("model", model.name());
    page.gauge("llava_ready", "1 if requests are answered.", labels, isReady() ? 1 : 0);
    page.gauge("llava_model_loaded", "1 if it is in memory.", labels, isLoaded() ? 1 : 0);
    page.counter("llava_model_loads", "How often it was loaded.", labels, store.loads(held));
    page.gauge("llava_requests_running", "Requests that the model works on.", labels, running());
    page.gauge("llava_requests_waiting", "Requests in the queue.", labels, queued());
    SchedulerLoad load = store.load(held);
    page.gauge(
        "llava_sequences_running",
        "Sequences that get a token in a step of the model.",
        labels,
        load.sequences());
    page.gauge(
        "llava_scheduler_requests_waiting",
        "Running requests that wait in the model for room beside the others.",
        labels,
        load.waiting());
    metrics.writeTo(page, labels, store.reuse(held));
  }

  /// Takes a question.
  ///
  /// @param tenant who asks; see [ChatRequest]
  /// @throws Refusal if the queue is full or the server is being stopped
  public Run submit(Question question, String tenant) {
    Run run = new Run(this, question, tenant);
    execute(run);
    run.watchForm();
    return run;
  }

  /// Embeds texts, in the queue of the questions.
  ///
  /// @param texts whose tokens the model may have to make; none only loads the model
  /// @param tenant who asks
  /// @throws Refusal if the queue is full or the server is being stopped
  public Embedding embed(List<Function<Llava, int[]>> texts, String tenant) {
    Embedding work = new Embedding(this, texts, tenant);
    execute(work);
    return work;
  }

  /// Frees the model's memory until it is asked again, if nobody uses it and it is not the only one
  /// of the server.
  public void unload() {
    store.unload(held);
  }

  private void execute(Work work) {
    if (threads.isShutdown()) {
      throw Refusal.stopping();
    }
    if (!isReady()) {
      throw Refusal.later(Refusal.Reason.UNAVAILABLE, "the model is not ready yet; try again", 1);
    }
    try {
      threads.execute(work);
    } catch (RejectedExecutionException e) {
      throw busy(limits.queued() + " requests are waiting already").withCause(e);
    }
  }

  private Refusal busy(String why) {
    long seconds = Math.clamp(Math.round(Math.ceil(metrics.meanSeconds())), 1, 30);
    return Refusal.later(Refusal.Reason.BUSY, why + "; try again in " + seconds + " s", seconds);
  }

  private static String tenant(Runnable waiting) {
    return ((Work) waiting).tenant();
  }

  private void giveWay(Runnable waiting) {
    ((Work) waiting)
        .drop(busy("the queue is full, and clients with other keys are to have their part of it"));
  }

  void refuseNew() {
    threads.shutdown();
  }

  /// @return whether all questions were answered in time
  boolean awaitAnswers(Duration patience) throws InterruptedException {
    return threads.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  void dropAll() {
    for (Runnable waiting : threads.shutdownNow()) {
      if (waiting instanceof Work work) {
        work.drop(Refusal.stopping());
      }
    }
  }

  @Override
  public synchronized void close() {
    if (tokenizer != null && held.source.isOwned()) {
      tokenizer.close();
    }
  }

  /// Drops what nobody waits for.
  void forget(Work work) {
    metrics.gaveUp();
    threads.remove(work);
  }

  /// Drops what cannot be answered.
  void withdraw(Work work) {
    threads.remove(work);
  }

  /// Does what a model works on.
  <T> T counted(Supplier<T> work) {
    running.incrementAndGet();
    try {
      return work.get();
    } finally {
      running.decrementAndGet();
    }
  }

  /// @return empty if the question was given up before the model was loaded
  Optional<ChatResponse> answer(
      Question question, String tenant, TextListener listener, BooleanSupplier cancelled) {
    try (ModelStore.Lease lease = lease(cancelled)) {
      if (lease == null) {
        return Optional.empty();
      }
      Llava llava = lease.llava();
      return Optional.of(
          switch (question) {
            case Question.Text(String text, GenerationOptions options) ->
                llava.complete(text, options, tenant, listener, cancelled);
            case Question.Conversation conversation ->
                llava.answer(request(conversation).withTenant(tenant), listener, cancelled);
          });
    }
  }

  /// @return null if the caller has given up
  ModelStore.Lease lease(BooleanSupplier cancelled) {
    try {
      return store.use(held, cancelled).orElse(null);
    } catch (BadInputException e) {
      throw unusable(e);
    }
  }

  /// Files that cannot be used are no mistake of the client, who is not told where they are.
  private Refusal unusable(BadInputException why) {
    store.tell(model.name() + " cannot be loaded: " + why.getMessage());
    return Refusal.later(
            Refusal.Reason.UNAVAILABLE,
            "the model '" + model.name() + "' cannot be loaded; the server's log says why",
            ModelStore.RETRY_SECONDS)
        .withCause(why);
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
