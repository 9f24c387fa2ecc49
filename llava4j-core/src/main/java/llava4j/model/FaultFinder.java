package llava4j.model;

import java.util.Optional;
import llava4j.model.cache.KvCache;
import llava4j.model.cache.RaggedBatch;
import llava4j.model.load.LoadedParameters;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Tensor;

/// Finds the place where a model's values become NaN or infinite: it runs the model again, checks
/// every hidden state, and then the weights of the first layer whose output is not finite.
public final class FaultFinder {
  private static final String REMEDY = "; fetch or convert the checkpoint again";

  private static final String OUTGROWN =
      "in the KV cache: keys or values outgrow fp16; use --kv-cache fp32";

  private static final double LARGEST_F16 = 65504;

  private final LlavaModel model;

  public FaultFinder(LlavaModel model) {
    this.model = model;
  }

  /// Describes the place, as the continuation of "they begin".
  ///
  /// @param embeddings of one sequence, [1, rows, dim]
  /// @param rowKeys keys of the first tokens, see [SplicedPrompt]
  public String find(Tensor embeddings, long[] rowKeys) {
    try (Scope _ = new Scope();
        KvCache cache = model.languageModel().newCache()) {
      Visit visit = new Visit();
      Tensor hidden = // [1, rows, dim]
          model
              .languageModel()
              .forward(
                  embeddings,
                  RaggedBatch.of(cache, Math.toIntExact(embeddings.size(1))),
                  visit::see);
      if (visit.first < 0 && isFinite(model.languageModel().logits(hidden))) {
        return largestKept(cache) > LARGEST_F16
            ? OUTGROWN
            : "nowhere that a second run shows: the processor or its memory may be faulty";
      }
      int layers = model.config().text().numLayers();
      if (visit.first < 0) {
        String head = model.config().text().tieEmbeddings() ? "embed_tokens" : "lm_head";
        return named(
            "in the head", model.config().text().tieEmbeddings() ? "language_model." + head : head);
      }
      if (visit.first == 0) {
        return inEmbeddings(embeddings, rowKeys);
      }
      if (largestKept(cache, visit.first - 1) > LARGEST_F16) {
        return OUTGROWN;
      }
      String layer = "language_model.layers." + (visit.first - 1) + ".";
      Optional<String> tensor = model.faultyWeight(layer);
      if (tensor.isEmpty() && visit.first == layers) {
        tensor = model.faultyWeight("language_model.norm");
      }
      return described("in language_model.layers." + (visit.first - 1), tensor);
    }
  }

  /// The largest magnitude among keys and values.
  private static double largestKept(KvCache cache) {
    double largest = 0;
    for (int layer = 0; layer < cache.pool().numLayers(); layer++) {
      largest = Math.max(largest, largestKept(cache, layer));
    }
    return largest;
  }

  private static double largestKept(KvCache cache, int layer) {
    try (Scope _ = new Scope()) {
      KvCache.KeysAndValues kept = cache.read(layer, cache.length());
      return Math.max(
          kept.keys().abs().max().item_double(), kept.values().abs().max().item_double());
    }
  }

  /// The embeddings are not finite: image tokens come from the vision tower, others from the
  /// embedding table.
  private String inEmbeddings(Tensor embeddings, long[] rowKeys) {
    for (int row = 0; row < embeddings.size(1); row++) {
      if (!isFinite(embeddings.narrow(1, row, 1))) {
        return row < rowKeys.length && rowKeys[row] < 0
            ? inImage()
            : named("in the embedding of a token", "language_model.embed_tokens");
      }
    }
    throw new IllegalArgumentException("all rows are finite");
  }

  private String inImage() {
    for (String part : new String[] {"vision_tower.", "projector.", "image_newline"}) {
      Optional<String> tensor = model.faultyWeight(part);
      if (tensor.isPresent()) {
        return described("in the rows of an image", tensor);
      }
    }
    return described("in the rows of an image", Optional.empty());
  }

  private String named(String place, String prefix) {
    return described(place, model.faultyWeight(prefix));
  }

  private static String described(String place, Optional<String> tensor) {
    return tensor
        .map(name -> place + ", whose tensor " + name + " holds NaN or infinity" + REMEDY)
        .orElse(
            place
                + ", whose weights are finite, so the activations outgrow their type"
                + "; try --weights fp32, or another conversion of the checkpoint");
  }

  private static boolean isFinite(Tensor tensor) {
    return LoadedParameters.isFinite(tensor);
  }

  /// The first hidden state that is not finite; -1 for none.
  private static final class Visit {
    private int first = -1;

    void see(int number, Tensor hidden) {
      if (first < 0 && !isFinite(hidden)) {
        first = number;
      }
    }
  }
}
