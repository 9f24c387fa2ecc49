package llava4j.benchmarks;

import java.util.OptionalInt;
import llava4j.config.Llava15;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.RopeScaling;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;

/// The measured model shapes.
final class Workloads {
  private Workloads() {}

  /// The paper's vision tower with a negligibly small language model.
  static LlavaConfig visionOnly() {
    return Llava15.vicuna7b().withText(smallText(64, 1, 64, 512));
  }

  /// Layers of the 7B with its output head, which is tied to the embedding table to save memory,
  /// with a negligibly small vision tower.
  static LlavaConfig languageOnly(int numLayers) {
    TextConfig seven = Llava15.vicuna7b().text();
    TextConfig text =
        new TextConfig(
            seven.dim(),
            seven.intermediateDim(),
            numLayers,
            seven.numHeads(),
            seven.numKvHeads(),
            seven.headDim(),
            seven.vocab(),
            seven.maxPositions(),
            seven.rmsNormEps(),
            seven.ropeTheta(),
            seven.ropeScaling(),
            true,
            OptionalInt.empty());
    return Llava15.vicuna7b().withVision(smallVision()).withText(text);
  }

  /// A model of half a billion parameters. As in a large model, its largest matrix is only a small
  /// part.
  static LlavaConfig halfBillion() {
    LlavaConfig seven = languageOnly(8);
    TextConfig text = seven.text();
    return seven.withText(
        new TextConfig(
            2048,
            5632,
            8,
            16,
            16,
            128,
            text.vocab(),
            text.maxPositions(),
            text.rmsNormEps(),
            text.ropeTheta(),
            text.ropeScaling(),
            true,
            OptionalInt.empty()));
  }

  /// A model of the 100M class: a vision tower for 224 pixels, twelve blocks of 768, a vocabulary
  /// of 32000.
  static LlavaConfig hundredMillion() {
    TextConfig text = Llava15.vicuna7b().text();
    return new LlavaConfig(
        new VisionConfig(
            224,
            14,
            384,
            1536,
            8,
            6,
            1e-5,
            VisionConfig.Activation.QUICK_GELU,
            -2,
            VisionConfig.FeatureSelection.PATCH,
            384),
        new ProjectorConfig.Mlp(2),
        new TextConfig(
            768,
            2048,
            12,
            12,
            12,
            64,
            text.vocab(),
            text.maxPositions(),
            text.rmsNormEps(),
            text.ropeTheta(),
            text.ropeScaling(),
            false,
            OptionalInt.empty()),
        new ImageMode.Pad(),
        PatchMerge.FLAT,
        2048);
  }

  /// A whole model that answers in milliseconds.
  static LlavaConfig tiny(int vocab) {
    return new LlavaConfig(
        smallVision(),
        new ProjectorConfig.Mlp(2),
        smallText(64, 2, 128, vocab),
        new ImageMode.Pad(),
        PatchMerge.FLAT,
        2048);
  }

  /// A whole model with the language model of llava-tiny.
  static LlavaConfig likeLlavaTiny() {
    return new LlavaConfig(
        smallVision(),
        new ProjectorConfig.Mlp(2),
        smallText(256, 4, 704, 4224),
        new ImageMode.Pad(),
        PatchMerge.FLAT,
        2048);
  }

  private static VisionConfig smallVision() {
    return new VisionConfig(
        56,
        14,
        32,
        64,
        2,
        2,
        1e-5,
        VisionConfig.Activation.QUICK_GELU,
        -2,
        VisionConfig.FeatureSelection.PATCH,
        32);
  }

  private static TextConfig smallText(int dim, int numLayers, int intermediateDim, int vocab) {
    return new TextConfig(
        dim,
        intermediateDim,
        numLayers,
        4,
        4,
        dim / 4,
        vocab,
        2048,
        1e-5,
        10000,
        new RopeScaling.None(),
        false,
        OptionalInt.empty());
  }
}
