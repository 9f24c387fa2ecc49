package llava4j.model;

import java.util.Optional;
import llava4j.checkpoint.weights.ParameterTable;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.LlavaConfig;
import llava4j.io.CloseAll;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.RaggedBatch;
import llava4j.model.linear.PrefillMode;
import llava4j.model.load.DeviceShortage;
import llava4j.model.load.LoadProgress;
import llava4j.model.load.LoadedParameters;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeHeap;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;

/// LLaVA: pixels -> vision tower -> projector -> image embeddings, spliced between token embeddings
/// -> language model -> logits. Immutable after loading and thread-safe; each request needs its own
/// [KvCache].
public final class LlavaModel implements AutoCloseable {
  private final LlavaConfig config;
  private final Device device;
  private final LoadedParameters parameters;
  private final VisionTower visionTower;
  private final Projector projector;
  private final LanguageModel languageModel;
  private final ImageSplicer splicer;
  private final Tensor imageNewline; // [textDim], or null

  private LlavaModel(LlavaConfig config, Device device, LoadedParameters parameters) {
    this.config = config;
    this.device = device;
    this.parameters = parameters;
    this.visionTower = new VisionTower(config.vision(), parameters);
    this.projector = new Projector(config.projector(), config.vision().rowsPerView(), parameters);
    this.languageModel = new LanguageModel(config.text(), device, parameters);
    this.splicer = new ImageSplicer(languageModel);
    this.imageNewline = config.hasImageNewline() ? parameters.dense("image_newline") : null;
  }

  /// Loads all weights.
  ///
  /// @param source tensors with our names; the model closes it, even if loading fails
  /// @param where the checkpoint in error messages
  public static LlavaModel load(
      LlavaConfig config,
      WeightSource source,
      String where,
      Device device,
      WeightFormat format,
      LoadProgress progress) {
    return load(config, source, where, device, format, PrefillMode.AUTO, progress);
  }

  /// As [#load(LlavaConfig, WeightSource, String, Device, WeightFormat, LoadProgress)], with a
  /// choice of how quantised weights are multiplied with many rows.
  public static LlavaModel load(
      LlavaConfig config,
      WeightSource source,
      String where,
      Device device,
      WeightFormat format,
      PrefillMode prefill,
      LoadProgress progress) {
    NativeRuntime.prepare(); // before libtorch is loaded, for callers that use this class directly
    LoadedParameters parameters = parameters(source, device, format, prefill, progress);
    try {
      ParameterTable.of(config).requireExactly(source, where);
      LlavaModel model = new LlavaModel(config, device.requirePresent(), parameters);
      parameters.finish();
      return model;
    } catch (RuntimeException e) {
      try (parameters) { // closed even if the advice fails
        throw DeviceShortage.named(e, config, source, device, parameters.format());
      }
    } catch (Error e) {
      CloseAll.after(e, parameters);
      throw e;
    }
  }

  private static LoadedParameters parameters(
      WeightSource source,
      Device device,
      WeightFormat format,
      PrefillMode prefill,
      LoadProgress progress) {
    try {
      return new LoadedParameters(source, device, format.requireFor(device), prefill, progress);
    } catch (RuntimeException | Error e) {
      CloseAll.after(e, source);
      throw e;
    }
  }

  public LlavaConfig config() {
    return config;
  }

  public Device device() {
    return device;
  }

  public LanguageModel languageModel() {
    return languageModel;
  }

  public VisionTower visionTower() {
    return visionTower;
  }

  public ImageSplicer splicer() {
    return splicer;
  }

  /// The learned newline, `[textDim]`; null if the image layout has none.
  public Tensor imageNewline() {
    return imageNewline;
  }

  /// Encodes views of images.
  ///
  /// @param pixels normalised fp32 on the host, [views, 3, imageSize, imageSize]
  /// @return image embeddings, [views, rows, textDim]
  public Tensor encode(Tensor pixels) {
    try (Scope scope = new Scope()) {
      Tensor here =
          Tensors.to(pixels, device, device.computeType()); // [views, 3, imageSize, imageSize]
      Tensor patches = visionTower.forward(here); // [views, rows, visionDim]
      return scope.keep(projector.forward(patches)); // [views, rows, textDim]
    }
  }

  /// Runs new tokens of one sequence through the language model and adds them to its KV cache.
  ///
  /// @param embeddings [1, tokens, textDim]
  /// @return fp32 logits after the last token, [1, vocab]
  public Tensor forward(Tensor embeddings, KvCache cache) {
    RaggedBatch batch = RaggedBatch.of(cache, Math.toIntExact(embeddings.size(1)));
    return forward(embeddings, batch, batch.lastTokens());
  }

  /// Runs new tokens of several sequences through the language model and adds them to their KV
  /// caches.
  ///
  /// @param embeddings of all new tokens, one sequence behind the other, [1, tokens, textDim]
  /// @param wanted the tokens behind which logits are wanted, counted over all sequences, ascending
  /// @return fp32 logits, [wanted, vocab]
  public Tensor forward(Tensor embeddings, RaggedBatch batch, int[] wanted) {
    try (Scope scope = new Scope()) {
      Tensor hidden = languageModel.forward(embeddings, batch).squeeze(0); // [tokens, textDim]
      if (wanted.length < batch.tokens()) {
        Tensor index =
            Tensors.ofIds(wanted).to(device.torchDevice(), DType.I64.scalarType()); // [wanted]
        hidden = hidden.index_select(0, index); // [wanted, textDim]
      }
      return scope.keep(languageModel.logits(hidden.unsqueeze(0)).squeeze(0)); // [wanted, vocab]
    }
  }

  /// The first tensor whose name starts with `prefix` that contains NaN or infinity in its type in
  /// memory. Reads all of them.
  Optional<String> faultyWeight(String prefix) {
    return parameters.faultyWeight(prefix);
  }

  @Override
  public void close() {
    parameters.close();
    new NativeHeap().giveBackFree();
  }
}
