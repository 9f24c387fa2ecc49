package llava4j.checkpoint.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import llava4j.checkpoint.TensorInfo;
import llava4j.checkpoint.WeightSource;
import llava4j.error.BadInputException;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// The tensors of a GGUF file under our names and in our row order.
///
/// A tensor whose name is unknown keeps it, so that strict loading reports it.
public final class LlavaGguf implements WeightSource {
  private static final String HEAD = "lm_head.weight";
  private static final String EMBEDDINGS = "language_model.embed_tokens.weight";

  private final GgufWeights weights;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Place> places = new LinkedHashMap<>();

  /// Where a tensor comes from, and what is done to it on loading.
  private record Place(String storedName, UnaryOperator<Tensor> change) {}

  private LlavaGguf(GgufWeights weights) {
    this.weights = weights;
  }

  /// The language model: query and key rows are put back into our order; a missing output matrix is
  /// the embedding matrix. Takes over `weights`.
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
      source.add(names.ours(info.name()), info, change(info, config));
    }
    if (!source.tensors.containsKey(HEAD) && source.tensors.containsKey(EMBEDDINGS)) {
      TensorInfo embeddings = weights.tensors().get(source.places.get(EMBEDDINGS).storedName());
      source.add(Optional.of(HEAD), embeddings, tensor -> tensor);
    }
    return source;
  }

  /// The vision tower and projector. Takes over `weights`.
  public static LlavaGguf mmproj(GgufWeights weights, GgufVisionConfig config) {
    LlavaGguf source = new LlavaGguf(weights);
    GgufNames names = GgufNames.mmproj(feedForwardIsSwapped(weights, config));
    for (TensorInfo info : weights.tensors().values()) {
      source.add(names.ours(info.name()), info, tensor -> tensor);
    }
    return source;
  }

  /// Whether `ffn_down` is the layer that widens. llama.cpp decides by the same sizes.
  private static boolean feedForwardIsSwapped(GgufWeights weights, GgufVisionConfig config) {
    TensorInfo down = weights.tensors().get("v.blk.0.ffn_down.weight");
    return down != null && down.shape().getLast() == config.embeddingLength();
  }

  private static UnaryOperator<Tensor> change(TensorInfo info, GgufTextConfig config) {
    boolean key = info.name().contains(".attn_k.");
    if (!key && !info.name().contains(".attn_q.")) {
      return tensor -> tensor;
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
              + " rows where "
              + heads
              + " heads of "
              + config.headDim()
              + " need "
              + expected
              + "; convert the model again");
    }
    return tensor -> RotaryLayout.unpermute(tensor, heads);
  }

  private void add(Optional<String> ours, TensorInfo info, UnaryOperator<Tensor> change) {
    String name = ours.orElse(info.name());
    tensors.put(
        name,
        new TensorInfo(
            name, info.dtype(), info.storedAs(), info.shape(), info.bytes(), info.file()));
    places.put(name, new Place(info.name(), change));
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    Place place = places.get(name);
    if (place == null) {
      throw new IllegalArgumentException(weights.file().path() + " holds no tensor " + name);
    }
    try (Scope scope = new Scope()) {
      return scope.keep(place.change().apply(weights.load(place.storedName())));
    }
  }

  @Override
  public void release(String name) {
    weights.release(places.get(name).storedName());
  }

  @Override
  public void close() {
    weights.close();
  }
}
