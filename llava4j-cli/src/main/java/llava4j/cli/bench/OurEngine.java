package llava4j.cli.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.image.Preprocessor;
import llava4j.image.RgbImage;
import llava4j.model.ImageEncoder;
import llava4j.model.ImageRows;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.RaggedBatch;
import llava4j.model.load.AvailableMemory;
import llava4j.model.load.LoadedFormat;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import llava4j.text.PromptEncoder;
import org.bytedeco.pytorch.Tensor;

/// llava4j as an [Engine]: the model without its tokenizer, in this process.
final class OurEngine implements Engine {
  private final Supplier<Checkpoint> opener;
  private LoadOptions options;
  private LlavaModel model;
  private Preprocessor preprocessor;
  private MemoryPlan memory;
  private String kernelsNote = "";
  private long stepBytes;
  private long storedStepBytes;
  private long rowWeights;
  private Decoding decoding;

  /// Sequences that [#begin] has read.
  ///
  /// @param next the token that comes next in each
  private record Decoding(KvPool pool, List<KvCache> caches, int[] rows, int[] next) {}

  /// @param opener opens the model's files, which is a part of loading
  OurEngine(Supplier<Checkpoint> opener, LoadOptions options) {
    this.opener = opener;
    this.options = options;
  }

  @Override
  public double load() {
    long start = System.nanoTime();
    Checkpoint checkpoint = opener.get();
    LlavaConfig config = checkpoint.config();
    WeightSource weights = checkpoint.inferenceWeights();
    try {
      WeightFormat format = LoadedFormat.of(weights, options.device(), options.weights()).format();
      options = options.withWeights(format);
      memory =
          MemoryPlan.of(
              config,
              weights,
              options.device(),
              options.weights(),
              options.prefill(),
              options.kvCache());
      if (options.device() instanceof Device.Cpu) {
        AvailableMemory.ofThisProcess()
            .require(bytes -> memory.requireFits(config, weights, options.weights(), bytes));
      }
      kernelsNote =
          MemoryPlan.kernels(weights, options.device(), options.weights()).note().orElse("");
      stepBytes = MemoryPlan.stepBytes(config, weights, options.device(), options.weights());
      storedStepBytes =
          weights.tensors().values().stream()
              .filter(info -> MemoryPlan.isReadEachStep(config, info))
              .mapToLong(TensorInfo::bytes)
              .sum();
      rowWeights =
          weights.tensors().values().stream()
              .filter(info -> MemoryPlan.isReadEachStep(config, info) && !isHead(info.name()))
              .mapToLong(TensorInfo::numElements)
              .sum();
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
    preprocessor = new Preprocessor(checkpoint.imageProcessor(), config.imageMode());
    model =
        LlavaModel.load(
            config,
            weights,
            checkpoint.location().toString(),
            options.device(),
            options.weights(),
            options.prefill(),
            options.progress());
    return secondsSince(start);
  }

  LlavaConfig config() {
    return model.config();
  }

  int vocabulary() {
    return model.config().text().vocab();
  }

  MemoryPlan memory() {
    return memory;
  }

  /// Why what was measured of kernels is of no use; empty if nothing is to be said.
  String kernelsNote() {
    return kernelsNote;
  }

  /// Bytes of weights that one step reads, as they are kept.
  long stepBytes() {
    return stepBytes;
  }

  /// The same, as they are stored.
  long storedStepBytes() {
    return storedStepBytes;
  }

  /// Weights that each row of a prompt is multiplied with. The head sees the last row alone.
  long rowWeights() {
    return rowWeights;
  }

  private static boolean isHead(String name) {
    return name.startsWith("lm_head") || name.contains("embed_tokens");
  }

  /// From an image to its rows before the language model.
  ///
  /// @return seconds
  double encode(RgbImage image) {
    long start = System.nanoTime();
    try (Scope _ = new Scope()) {
      Tensor first = rows(image).rows().narrow(0, 0, 1); // [1, dim]
      float[] _ = Tensors.toFloats(first); // waits for a GPU
    }
    return secondsSince(start);
  }

  /// Rows that an image takes.
  int imageRows(RgbImage image) {
    return new ImageEncoder(model).numRows(preprocessor.grid(image.width(), image.height()));
  }

  /// From an image and ids around it to the first token of the answer.
  ///
  /// @return seconds
  double firstToken(RgbImage image, int[] before, int[] behind) {
    long start = System.nanoTime();
    int[] ids = Arrays.copyOf(before, before.length + 1 + behind.length);
    ids[before.length] = PromptEncoder.IMAGE_SLOT;
    System.arraycopy(behind, 0, ids, before.length + 1, behind.length);
    try (Scope _ = new Scope();
        KvCache cache = model.languageModel().newCache(options.kvCache())) {
      SplicedPrompt prompt = model.splicer().splice(ids, List.of(rows(image)));
      int _ = Engine.argmax(Tensors.toFloats(model.forward(prompt.embeddings(), cache)));
    }
    return secondsSince(start);
  }

  @Override
  public double prefill(int[] ids) {
    long start = System.nanoTime();
    try (Scope _ = new Scope();
        KvCache cache = model.languageModel().newCache(options.kvCache())) {
      int _ = Engine.argmax(forward(new int[][] {ids}, List.of(cache))[0]);
    }
    return secondsSince(start);
  }

  @Override
  public void begin(int[][] prompts, int steps) {
    end();
    KvPool pool = model.languageModel().newPool(options.kvCache(), Integer.MAX_VALUE);
    List<KvCache> caches = Arrays.stream(prompts).map(_ -> new KvCache(pool)).toList();
    int[] next = likeliest(forward(prompts, caches));
    decoding =
        new Decoding(pool, caches, caches.stream().mapToInt(KvCache::length).toArray(), next);
  }

  @Override
  public double decode(int steps) {
    int[] next = decoding.next().clone();
    long start = System.nanoTime();
    for (int step = 0; step < steps; step++) {
      int[][] ids = new int[next.length][];
      for (int sequence = 0; sequence < next.length; sequence++) {
        ids[sequence] = new int[] {next[sequence]};
      }
      next = likeliest(forward(ids, decoding.caches()));
    }
    double seconds = secondsSince(start);
    for (int i = 0; i < next.length; i++) {
      decoding.caches().get(i).truncate(decoding.rows()[i]);
    }
    return seconds;
  }

  @Override
  public float[][] logits(int[] prompt, int[] following) {
    float[][] found = new float[1 + following.length][];
    try (KvCache cache = model.languageModel().newCache(options.kvCache())) {
      found[0] = forward(new int[][] {prompt}, List.of(cache))[0];
      for (int i = 0; i < following.length; i++) {
        found[i + 1] = forward(new int[][] {{following[i]}}, List.of(cache))[0];
      }
    }
    return found;
  }

  @Override
  public long peakBytes() {
    return PeakMemory.bytes();
  }

  @Override
  public void close() {
    end();
    if (model != null) {
      model.close();
    }
  }

  private void end() {
    if (decoding != null) {
      decoding.caches().forEach(KvCache::close);
      decoding.pool().close();
      decoding = null;
    }
  }

  private ImageRows rows(RgbImage image) {
    return new ImageEncoder(model).encode(preprocessor.process(image), "bench");
  }

  /// @param ids of each sequence
  /// @return logits behind the last of each, [sequences, vocab]
  private float[][] forward(int[][] ids, List<KvCache> caches) {
    int[] flat = Arrays.stream(ids).flatMapToInt(Arrays::stream).toArray();
    try (Scope _ = new Scope()) {
      Tensor rows = model.languageModel().embed(flat).unsqueeze(0); // [1, tokens, dim]
      RaggedBatch batch =
          new RaggedBatch(caches, Arrays.stream(ids).mapToInt(own -> own.length).toArray());
      float[] all =
          Tensors.toFloats(model.forward(rows, batch, batch.lastTokens())); // [sequences, vocab]
      int vocab = all.length / ids.length;
      float[][] found = new float[ids.length][];
      for (int i = 0; i < found.length; i++) {
        found[i] = Arrays.copyOfRange(all, i * vocab, (i + 1) * vocab);
      }
      return found;
    }
  }

  private static int[] likeliest(float[][] logits) {
    return Arrays.stream(logits).mapToInt(Engine::argmax).toArray();
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
