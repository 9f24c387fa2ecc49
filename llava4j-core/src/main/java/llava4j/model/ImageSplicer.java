package llava4j.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import llava4j.io.Sha256;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.text.PromptEncoder;
import org.bytedeco.pytorch.Tensor;

/// Replaces the image slots of a prompt with image embeddings (spec 1.4;
/// `prepare_inputs_labels_for_multimodal`). This is the only place where slots are expanded.
public final class ImageSplicer {
  private final LanguageModel languageModel;

  ImageSplicer(LanguageModel languageModel) {
    this.languageModel = languageModel;
  }

  /// Splices one prompt.
  ///
  /// @param ids token ids, with [PromptEncoder#IMAGE_SLOT] for each image
  /// @param images one per slot, in order
  public SplicedPrompt splice(int[] ids, List<ImageRows> images) {
    long slots = Arrays.stream(ids).filter(id -> id == PromptEncoder.IMAGE_SLOT).count();
    if (slots != images.size()) {
      throw new IllegalArgumentException(slots + " image slots for " + images.size() + " images");
    }
    if (ids.length == 0) {
      throw new IllegalArgumentException("an empty prompt has no rows");
    }
    try (Scope scope = new Scope()) {
      List<Tensor> parts = new ArrayList<>(); // each [rows, dim]
      long[] keys = new long[numRows(ids, images)];
      int filled = 0;
      int nextImage = 0;
      int start = 0;
      for (int i = 0; i <= ids.length; i++) {
        if (i < ids.length && ids[i] != PromptEncoder.IMAGE_SLOT) {
          keys[filled++] = ids[i];
          continue;
        }
        if (i > start) {
          parts.add(languageModel.embed(Arrays.copyOfRange(ids, start, i))); // [tokens, dim]
        }
        if (i < ids.length) {
          ImageRows image = images.get(nextImage++);
          parts.add(image.rows()); // [rows, dim]
          filled = fillKeys(keys, filled, image);
        }
        start = i + 1;
      }
      Tensor embeddings = Tensors.concatenate(parts, 0).unsqueeze(0); // [1, rows, dim]
      return new SplicedPrompt(scope.keep(embeddings), keys);
    }
  }

  private static int numRows(int[] ids, List<ImageRows> images) {
    return ids.length - images.size() + images.stream().mapToInt(ImageRows::numRows).sum();
  }

  private static int fillKeys(long[] keys, int start, ImageRows image) {
    long seed = HexFormat.fromHexDigitsToLong(Sha256.of(image.contentKey()), 0, 16);
    for (int row = 0; row < image.numRows(); row++) {
      keys[start + row] =
          (seed * 0x9E3779B97F4A7C15L + row) | Long.MIN_VALUE; // negative: no token id
    }
    return start + image.numRows();
  }
}
