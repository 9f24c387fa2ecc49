package llava4j.checkpoint.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// The tensors of a GGUF file under our names and in our row order.
///
/// A tensor with an unknown name keeps its name, so that strict loading reports it.
public final class LlavaGguf implements WeightSource {
  private static final String HEAD = "lm_head.weight";
  private static final String EMBEDDINGS = "language_model.embed_tokens.weight";

  private final GgufWeights weights;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Place> places = new LinkedHashMap<>();

  /// The stored name of a tensor, and how its rows are reordered on loading.
  ///
  /// @param heads number of heads whose rows are put back into our order; 0 if the order is ours
  ///   already
  private record Place(TensorInfo info, int heads) {
    Tensor inOurOrder(Tensor stored) {
      return heads == 0 ? stored : RotaryLayout.unpermute(stored, heads);
    }
  }

  private LlavaGguf(GgufWeights weights) {
    this.weights = weights;
  }

  /// The language model. Query and key rows are put back into our order; if the output matrix is
  /// missing, it is the embedding matrix. Takes ownership of `weights`.
  public static LlavaGguf languageModel(GgufWeights weights, GgufTextConfig config) {
    if (weights.tensors().containsKey("rope_freqs.weight")) {
      throw new BadInputException(
          weights.file().path()
              + ": tensor rope_freqs.weight (the rotary scaling of Llama 3.1) is not supported;"
              + " take a model without it");
    }
    LlavaGguf source = new LlavaGguf(weights);
    GgufNames names = GgufNames.languageModel();
    for (TensorInfo info : weights.tensors().values()) {
      source.add(names.ours(info.name()), info, rotatedHeads(info, config));
    }
    if (!source.tensors.containsKey(HEAD) && source.tensors.containsKey(EMBEDDINGS)) {
      TensorInfo embeddings = weights.tensors().get(source.places.get(EMBEDDINGS).info().name());
      source.add(Optional.of(HEAD), embeddings, 0);
    }
    return source;
  }

  /// The vision tower and the projector. Takes ownership of `weights`.
  public static LlavaGguf mmproj(GgufWeights weights, GgufVisionConfig config) {
    LlavaGguf source = new LlavaGguf(weights);
    GgufNames names = GgufNames.mmproj(feedForwardIsSwapped(weights, config));
    for (TensorInfo info : weights.tensors().values()) {
      source.add(names.ours(info.name()), info, 0);
    }
    return source;
  }

  /// Whether `ffn_down` is the first, widening layer. llama.cpp decides by the same sizes.
  private static boolean feedForwardIsSwapped(GgufWeights weights, GgufVisionConfig config) {
    TensorInfo down = weights.tensors().get("v.blk.0.ffn_down.weight");
    return down != null && down.shape().getLast() == config.embeddingLength();
  }

  private static int rotatedHeads(TensorInfo info, GgufTextConfig config) {
    boolean key = info.name().contains(".attn_k.");
    if (!key && !info.name().contains(".attn_q.")) {
      return 0;
    }
    int heads = key ? config.headCountKv() : config.headCount();
    long expected = (long) heads * config.headDim();
    if (info.shape().getFirst() != expected) {
      throw new BadInputException(
          info.file()
              + ": tensor "
              + info.name()
              + " has "
              + info.shape().getFirst()
              + " rows, but "
              + heads
              + " heads of "
              + config.headDim()
              + " need "
              + expected
              + "; convert the model again");
    }
    return heads;
  }

  private void add(Optional<String> ours, TensorInfo info, int heads) {
    String name = ours.orElse(info.name());
    tensors.put(
        name,
        new TensorInfo(
            name, info.dtype(), info.storedAs(), info.shape(), info.bytes(), info.file()));
    places.put(name, new Place(info, heads));
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    return load(name, place(name).info().dtype());
  }

  @Override
  public Tensor load(String name, DType type) {
    Place place = place(name);
    try (Scope scope = new Scope()) {
      Tensor stored = weights.load(place.info().name(), type);
      Tensor changed = place.inOurOrder(stored);
      if (!changed.is_alias_of(stored)) {
        weights.release(place.info().name());
      }
      return scope.keep(changed);
    }
  }

  @Override
  public Optional<BlockMatrix> blocks(String name) {
    Place place = place(name);
    return weights
        .blocks(place.info().name())
        .map(stored -> place.heads() == 0 ? stored : new RotatedRows(stored, place.heads()));
  }

  @Override
  public boolean isView(String name) {
    Place place = place(name);
    return place.heads() == 0 && weights.isView(place.info().name());
  }

  @Override
  public void release(String name) {
    weights.release(place(name).info().name());
  }

  @Override
  public void close() {
    weights.close();
  }

  private Place place(String name) {
    Place place = places.get(name);
    if (place == null) {
      throw new IllegalArgumentException(weights.file().path() + " holds no tensor " + name);
    }
    return place;
  }
}
