package llava4j.config;

import java.util.OptionalInt;
import llava4j.config.VisionConfig.Activation;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.image.HighDefinition;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;

/// All hyperparameters of the paper's models (arXiv 2310.03744).
public final class Llava15 {
  private Llava15() {}

  /// LLaVA-1.5-7B: CLIP ViT-L/14-336, two-layer MLP, Vicuna-1.5-7B.
  public static LlavaConfig vicuna7b() {
    return new LlavaConfig(
        clipLarge(336),
        new ProjectorConfig.Mlp(2),
        llama2Size7b(),
        new ImageMode.Pad(),
        PatchMerge.FLAT,
        4096);
  }

  /// LLaVA-1.5-13B.
  public static LlavaConfig vicuna13b() {
    return new LlavaConfig(
        clipLarge(336),
        new ProjectorConfig.Mlp(2),
        llama2Size13b(),
        new ImageMode.Pad(),
        PatchMerge.FLAT,
        4096);
  }

  /// LLaVA-1.5-HD on the 7B (section 3.4): tiles of 224 pixels.
  public static LlavaConfig hd7b() {
    return new LlavaConfig(
        clipLarge(224),
        new ProjectorConfig.Mlp(2),
        llama2Size7b(),
        new ImageMode.Hd(HighDefinition.paper()),
        PatchMerge.SPATIAL_UNPAD,
        4096);
  }

  /// LLaVA-1.5-HD on the 13B, the paper's 448² model.
  public static LlavaConfig hd13b() {
    return new LlavaConfig(
        clipLarge(224),
        new ProjectorConfig.Mlp(2),
        llama2Size13b(),
        new ImageMode.Hd(HighDefinition.paper()),
        PatchMerge.SPATIAL_UNPAD,
        4096);
  }

  /// CLIP ViT-L/14 at 336 or 224 pixels; LLaVA uses the patch tokens of hidden state -2.
  public static VisionConfig clipLarge(int imageSize) {
    return new VisionConfig(
        imageSize,
        14,
        1024,
        4096,
        24,
        16,
        1e-5,
        Activation.QUICK_GELU,
        -2,
        FeatureSelection.PATCH,
        768);
  }

  /// llava-tiny: the same architecture in a size that can be trained on a CPU in hours. Its vision
  /// tower is trained end to end, so its last block is used and no block is skipped.
  ///
  /// @param vocab number of rows of the embedding table
  public static LlavaConfig tiny(int vocab) {
    VisionConfig vision =
        new VisionConfig(
            84, 14, 256, 1024, 4, 4, 1e-5, Activation.QUICK_GELU, -1, FeatureSelection.PATCH, 256);
    TextConfig text =
        new TextConfig(
            256,
            704,
            4,
            4,
            4,
            64,
            vocab,
            1024,
            1e-5,
            1e6,
            new RopeScaling.None(),
            true,
            OptionalInt.empty());
    return new LlavaConfig(
        vision, new ProjectorConfig.Mlp(2), text, new ImageMode.Pad(), PatchMerge.FLAT, 1024);
  }

  private static TextConfig llama2Size7b() {
    return new TextConfig(
        4096,
        11008,
        32,
        32,
        32,
        128,
        32000,
        4096,
        1e-5,
        10000,
        new RopeScaling.None(),
        false,
        OptionalInt.empty());
  }

  private static TextConfig llama2Size13b() {
    return new TextConfig(
        5120,
        13824,
        40,
        40,
        40,
        128,
        32000,
        4096,
        1e-5,
        10000,
        new RopeScaling.None(),
        false,
        OptionalInt.empty());
  }
}
