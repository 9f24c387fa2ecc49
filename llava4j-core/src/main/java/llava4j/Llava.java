package llava4j;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.generate.Finished;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.generate.Generator;
import llava4j.generate.SchedulerLoad;
import llava4j.generate.TextListener;
import llava4j.image.ImageSource;
import llava4j.image.Preprocessor;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.fetch.FetchPolicy;
import llava4j.image.fetch.ImageFetcher;
import llava4j.io.CloseAll;
import llava4j.model.ImageEncoder;
import llava4j.model.ImageRows;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.PrefixStore;
import llava4j.model.cache.PrefixTree;
import llava4j.model.load.AvailableMemory;
import llava4j.model.load.LoadedFormat;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.WeightFormat;
import llava4j.text.TemplateChoice;
import llava4j.text.template.PromptTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// A loaded model that answers questions about images.
///
/// ```java
/// try (Llava llava = Llava.load(Path.of("llava-v1.5-7b"))) {
///   System.out.println(llava.ask(Path.of("cat.jpg"), "What is this?"));
/// }
/// ```
///
/// Thread-safe: requests of all threads share the steps of the model, and what a prompt has in
/// common with earlier ones (an image, the turns of a chat) is not computed again. Closing it waits
/// for running requests.
public final class Llava implements AutoCloseable {
  /// Bytes of embeddings that are kept for follow-up questions: about 28 images of a 7B.
  private static final long IMAGE_BYTES = 256L << 20;

  private final String name;
  private final LlavaModel model;
  private final Tokenizer tokenizer;
  private final Preprocessor preprocessor;
  private final PromptBuilder prompts;
  private final Generator generator;
  private final ImageEncoder imageEncoder;
  private final TextEmbedder embedder;
  private final EncodedImages encodedImages = new EncodedImages(IMAGE_BYTES);
  private final List<String> templateStops;
  private final RequestMemory memory;
  private final RunningRequests running = new RunningRequests();
  private final Optional<String> templateNote;
  private final Optional<String> weightsNote;
  private final Optional<String> kernelsNote;

  private Llava(
      Checkpoint checkpoint,
      LlavaModel model,
      Tokenizer tokenizer,
      LoadOptions options,
      Optional<String> formatNote,
      MemoryPlan plan,
      Optional<PrefixStore> store) {
    this.weightsNote =
        formatNote.or(() ->
            MemoryPlan.leftWhole(
                checkpoint.inferenceWeights(), options.device(), options.weights()));
    this.kernelsNote =
        MemoryPlan.kernels(checkpoint.inferenceWeights(), options.device(), options.weights())
            .note();
    this.name = checkpoint.name();
    this.model = model;
    this.tokenizer = tokenizer;
    this.preprocessor = new Preprocessor(checkpoint.imageProcessor(), model.config().imageMode());
    TemplateChoice choice =
        TemplateChoice.of(
            options.template(),
            checkpoint.prompts(),
            tokenizer,
            checkpoint.name(),
            checkpoint.location().toString());
    PromptTemplate template = choice.template();
    this.templateNote = choice.note();
    this.prompts =
        new PromptBuilder(template, checkpoint.prompts(), tokenizer, checkpoint.addsBos());
    Set<Integer> eosIds = new HashSet<>(checkpoint.eosIds());
    if (tokenizer.eosId() >= 0) {
      eosIds.add(tokenizer.eosId());
    }
    this.generator =
        new Generator(
            model, tokenizer, eosIds, RequestMemory.limits(model, plan), options.kvCache(), store);
    this.memory = new RequestMemory(model, plan, generator);
    this.imageEncoder = new ImageEncoder(model);
    this.embedder = new TextEmbedder(model, plan, options.kvCache());
    this.templateStops = template.stopText().isEmpty() ? List.of() : List.of(template.stopText());
  }

  /// Loads a model folder or `.gguf` file with default options.
  public static Llava load(Path path) {
    return load(path.toString(), LoadOptions.defaults());
  }

  /// Loads a model folder, a `.gguf` file, or a model from the hub in the options.
  public static Llava load(String pathOrName, LoadOptions options) {
    NativeRuntime.prepareForInference();
    Checkpoint checkpoint = new CheckpointOpener(options.checkpoint()).open(pathOrName);
    return load(checkpoint, options);
  }

  /// Loads an opened checkpoint. The checkpoint is closed in any case.
  public static Llava load(Checkpoint opened, LoadOptions asked) {
    Checkpoint checkpoint = opened;
    Tokenizer tokenizer = null;
    LlavaModel model = null;
    Optional<PrefixStore> store = Optional.empty();
    try {
      checkpoint = asked.imageMode().map(opened::withImageMode).orElse(opened);
      WeightSource weights = checkpoint.inferenceWeights();
      LoadedFormat format = LoadedFormat.of(weights, asked.device(), asked.weights());
      LoadOptions options = asked.withWeights(format.format());
      NativeRuntime.prepareForInference();
      NativeRuntime.useThreads(options.threads());
      tokenizer = checkpoint.tokenizer().get();
      LlavaConfig config = checkpoint.config();
      MemoryPlan plan =
          MemoryPlan.of(
              config,
              weights,
              options.device(),
              options.weights(),
              options.prefill(),
              options.kvCache());
      if (options.device() instanceof Device.Cpu) {
        AvailableMemory.ofThisProcess()
            .require(bytes -> plan.requireFits(config, weights, options.weights(), bytes));
      }
      store =
          options.openPrefixCache(checkpoint); // a folder that cannot be used is refused at once
      model =
          LlavaModel.load(
              config,
              weights,
              checkpoint.location().toString(),
              options.device(),
              options.weights(),
              options.prefill(),
              options.progress());
      return new Llava(checkpoint, model, tokenizer, options, format.note(), plan, store);
    } catch (RuntimeException | Error e) {
      store.ifPresent(kept -> CloseAll.after(e, kept));
      CloseAll.after(e, model, tokenizer, checkpoint);
      throw e;
    }
  }

  /// What a model will need, without loading it.
  ///
  /// @param checkpoint stays open
  public static MemoryPlan plan(Checkpoint checkpoint, LoadOptions options) {
    NativeRuntime.prepareForInference();
    NativeRuntime.useThreads(options.threads()); // kernels are chosen for a number of threads
    WeightSource weights = checkpoint.inferenceWeights();
    WeightFormat format = LoadedFormat.of(weights, options.device(), options.weights()).format();
    return MemoryPlan.of(
        checkpoint.config(),
        weights,
        options.device(),
        format,
        options.prefill(),
        options.kvCache());
  }

  /// The model's name, taken from its folder or file.
  public String name() {
    return name;
  }

  public LlavaModel model() {
    return model;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /// The prompt template.
  public PromptTemplate template() {
    return prompts.template();
  }

  /// A note for the user about how the template was chosen; empty if the model's files or the
  /// options determine it.
  public Optional<String> templateNote() {
    return templateNote;
  }

  /// Which matrices are not kept as the options ask, for those who want to know; empty for most.
  public Optional<String> weightsNote() {
    return weightsNote;
  }

  /// Why kernels for quantised weights are the usual ones although others were measured once; empty
  /// in all other cases.
  public Optional<String> kernelsNote() {
    return kernelsNote;
  }

  /// Asks one question about an image file, with greedy decoding and up to 512 tokens. The image is
  /// rotated as its EXIF data says.
  public String ask(Path image, String question) {
    return ask(decode(new ImageSource.OfFile(image)), question);
  }

  /// Asks one question about an image.
  public String ask(RgbImage image, String question) {
    return answer(ChatRequest.of(List.of(image), question)).text();
  }

  /// Asks a question without an image.
  public String ask(String question) {
    return answer(ChatRequest.of(List.of(), question)).text();
  }

  /// Answers a request without streaming.
  public ChatResponse answer(ChatRequest request) {
    return answer(request, TextListener.NONE, () -> false);
  }

  /// Answers a request and streams the text.
  ///
  /// @param cancelled checked before every token, on a thread that works for all requests: it must
  ///   return at once, and not use the model; see [Cancellation]
  public ChatResponse answer(
      ChatRequest request, TextListener listener, BooleanSupplier cancelled) {
    return run(
        () -> prompts.encode(request),
        PromptBuilder.images(request),
        withTemplateStops(request.options()),
        request.tenant(),
        listener,
        cancelled);
  }

  /// Continues a text as it stands, without a conversation template and its stop string. Special
  /// tokens and `<image>` in the text are read as plain text.
  ///
  /// @param cancelled checked before every token; see [Cancellation]
  public ChatResponse complete(
      String text, GenerationOptions options, TextListener listener, BooleanSupplier cancelled) {
    return complete(text, options, "", listener, cancelled);
  }

  /// The same for one of several tenants; see [ChatRequest].
  public ChatResponse complete(
      String text,
      GenerationOptions options,
      String tenant,
      TextListener listener,
      BooleanSupplier cancelled) {
    return run(() -> prompts.encodePlain(text), List.of(), options, tenant, listener, cancelled);
  }

  /// The tokens of a text as [#complete] reads it, with those that the model expects before it.
  public int[] plainTokens(String text) {
    return prompts.encodePlain(text);
  }

  /// Embeds a text, given as tokens, on the caller's thread.
  ///
  /// @throws llava4j.error.BadInputException if there are no tokens, too many for the context, or
  ///   one that the model does not have
  public TextEmbedding embed(int[] tokens) {
    try (RunningRequests.Request _ = running.begin()) {
      return embedder.embed(tokens);
    }
  }

  /// Embeds a text.
  public TextEmbedding embed(String text) {
    return embed(plainTokens(text));
  }

  private ChatResponse run(
      Supplier<int[]> ids,
      List<RgbImage> requested,
      GenerationOptions options,
      String tenant,
      TextListener listener,
      BooleanSupplier cancelled) {
    long start = System.nanoTime();
    try (RunningRequests.Request _ = running.begin();
        Scope scope = new Scope()) {
      int[] encodedText = ids.get();
      List<ImageRows> images = new ArrayList<>();
      for (RgbImage image : requested) {
        images.add(rows(image, tenant, scope));
      }
      long encoded = System.nanoTime();
      SplicedPrompt prompt = model.splicer().splice(encodedText, images);
      List<Generator.Request> request = List.of(new Generator.Request(prompt, options, tenant));
      memory.require(request, options);
      FirstText first = new FirstText(listener);
      Finished finished =
          generator
              .generateAll(request, (_, answer, piece) -> first.onText(answer, piece), cancelled)
              .getFirst();
      long end = System.nanoTime();
      return new ChatResponse(
          finished.answers(),
          prompt.numRows(),
          finished.reusedRows(),
          images.stream().mapToInt(ImageRows::numRows).sum(),
          new ChatResponse.Timing(
              Duration.ofNanos(encoded - start),
              Duration.ofNanos(first.at() == 0 ? 0 : first.at() - start),
              Duration.ofNanos(end - start)));
    }
  }

  /// Answers several requests together, which is faster than one after the other. Each request gets
  /// the same answers as alone: the same seeds, penalties, log-probabilities and context check.
  ///
  /// @param options for all requests; the options of the single requests are ignored
  /// @return `options.numAnswers()` answers of the first request, then those of the second, ...
  /// @throws llava4j.error.BadInputException if one of them cannot be answered; if there are
  ///   several requests, the message begins with the number of this request
  public List<Generation> answerAll(List<ChatRequest> requests, GenerationOptions options) {
    try (RunningRequests.Request _ = running.begin();
        Scope scope = new Scope()) {
      GenerationOptions complete = withTemplateStops(options);
      List<Generator.Request> spliced = new ArrayList<>();
      for (ChatRequest request : requests) {
        List<ImageRows> images = new ArrayList<>();
        for (RgbImage image : PromptBuilder.images(request)) {
          images.add(rows(image, request.tenant(), scope));
        }
        SplicedPrompt prompt = model.splicer().splice(prompts.encode(request), images);
        spliced.add(new Generator.Request(prompt, complete, request.tenant()));
      }
      memory.require(spliced, options);
      return generator.generateAll(spliced, (_, _, _) -> {}, () -> false).stream()
          .flatMap(finished -> finished.answers().stream())
          .toList();
    }
  }

  /// Starts a conversation. Its earlier turns are found in the KV cache.
  public ChatSession chat() {
    return new ChatSession(this);
  }

  /// What was not computed twice so far, and the memory that it takes.
  ///
  /// @param promptTokens of all requests
  /// @param cachedTokens those of them that were found in the KV cache
  /// @param cacheBytes native memory of keys and values
  /// @param imageHits images whose embeddings were known
  /// @param imageMisses images that were encoded
  /// @param imageBytes native memory of embeddings of images
  public record Reuse(
      long promptTokens,
      long cachedTokens,
      long cacheBytes,
      long imageHits,
      long imageMisses,
      long imageBytes) {}

  /// Forgets all earlier prompts, answers and images: the next request computes everything, but for
  /// what is in a prefix cache on disk. Requests that are running are not disturbed.
  public void forget() {
    generator.forget();
    encodedImages.forget();
  }

  public Reuse reuse() {
    PrefixTree.Statistics tokens = generator.reuse();
    EncodedImages.Statistics images = encodedImages.statistics();
    return new Reuse(
        tokens.askedRows(),
        tokens.foundRows(),
        generator.cacheBytes(),
        images.hits(),
        images.misses(),
        images.bytes());
  }

  /// What its scheduler has in hand now.
  public SchedulerLoad schedulerLoad() {
    return generator.load();
  }

  /// The prompt of a request as text, for inspection.
  public String prompt(ChatRequest request) {
    return prompts.render(request);
  }

  /// Decodes an image like [#ask(Path, String)]. Addresses on the network are refused.
  public static RgbImage decode(ImageSource source) {
    return new ImageFetcher(FetchPolicy.withoutUrls(), System.in)
        .decode(source, DecodeOptions.defaults())
        .image();
  }

  /// Refuses new requests, waits for running ones, then frees all memory.
  @Override
  public void close() {
    if (running.end()) {
      CloseAll.of(generator, encodedImages, model, tokenizer);
    }
  }

  private ImageRows rows(RgbImage image, String tenant, Scope scope) {
    String key = image.sha256();
    return encodedImages.get(
        tenant + '/' + key, scope, () -> imageEncoder.encode(preprocessor.process(image), key));
  }

  private GenerationOptions withTemplateStops(GenerationOptions options) {
    // an answer of a given form ends where the form does; the template's mark may be a part of it
    if (templateStops.isEmpty() || options.constraint().isPresent()) {
      return options;
    }
    List<String> stops = new ArrayList<>(options.stopStrings());
    stops.addAll(templateStops);
    return options.withStopStrings(stops, options.keepStopString());
  }
}
