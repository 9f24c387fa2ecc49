package llava4j.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import llava4j.config.VisionConfig.Activation;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.error.BadInputException;
import llava4j.image.HighDefinition;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;
import llava4j.image.Resolution;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads `config.json` in both dialects: Hugging Face (transformers 4.x and 5.x; LLaVA-1.5 and
/// LLaVA-NeXT) and the original LLaVA code's.
public final class ConfigReader {
  private static final JsonMapper JSON = new JsonMapper();

  private ConfigReader() {}

  /// The program that wrote a configuration.
  public enum Dialect {
    HUGGING_FACE,
    ORIGINAL
  }

  /// Detects the dialect, or fails with the list of supported architectures.
  public static Dialect dialect(ConfigNode config) {
    String type = config.text("model_type", "");
    if (config.has("text_config") && (type.equals("llava") || type.equals("llava_next"))) {
      return Dialect.HUGGING_FACE;
    }
    boolean multimodal = config.has("mm_vision_tower") || config.has("mm_hidden_size");
    if (multimodal && List.of("llava", "llava_llama", "llava_mistral").contains(type)) {
      return Dialect.ORIGINAL;
    }
    throw new BadInputException(
        config.file()
            + ": architecture "
            + config.json().path("architectures")
            + " (model_type '"
            + type
            + "') is not supported; supported are LLaVA-1.5 and LLaVA-NeXT/1.6 on LLaMA, Vicuna or Mistral, in the"
            + " Hugging Face or the original layout");
  }

  /// Reads a Hugging Face configuration.
  public static LlavaConfig huggingFace(ConfigNode config) {
    ConfigNode text = config.object("text_config").orElseThrow();
    // transformers 5 ties if either value is true; 4 reads only the inner one
    boolean tied =
        config.flag("tie_word_embeddings", false) || text.flag("tie_word_embeddings", false);
    Quantisation.refuse(config);
    TextConfig textConfig = text(text, tied);
    VisionConfig vision =
        config
            .object("vision_config")
            .map(node ->
                vision(node, featureLayer(config, "vision_feature_layer"), selection(config)))
            .orElseGet(() -> Llava15.clipLarge(336));
    String activation = config.text("projector_hidden_act", "gelu");
    if (!activation.equals("gelu")) {
      throw config.wrong("projector_hidden_act", "gelu, the only supported projector activation");
    }
    boolean next = config.text("model_type", "").equals("llava_next");
    boolean newline = config.flag("use_image_newline_parameter", true);
    return new LlavaConfig(
        vision,
        new ProjectorConfig.Mlp(2),
        textConfig,
        next ? new ImageMode.AnyRes(pinpoints(config, true)) : new ImageMode.Pad(),
        !next ? PatchMerge.FLAT : newline ? PatchMerge.SPATIAL_UNPAD : PatchMerge.SPATIAL,
        textConfig.contextLength());
  }

  /// Reads a configuration of the original code; the vision tower's configuration is in another
  /// file.
  public static LlavaConfig original(ConfigNode config, VisionConfig tower) {
    VisionConfig vision =
        new VisionConfig(
            tower.imageSize(),
            tower.patchSize(),
            tower.dim(),
            tower.intermediateDim(),
            tower.numLayers(),
            tower.numHeads(),
            tower.layerNormEps(),
            tower.activation(),
            featureLayer(config, "mm_vision_select_layer"),
            switch (config.text("mm_vision_select_feature", "patch")) {
              case "patch" -> FeatureSelection.PATCH;
              case "cls_patch" -> FeatureSelection.CLS_PATCH;
              default -> throw config.wrong("mm_vision_select_feature", "patch or cls_patch");
            },
            tower.projectionDim());
    int width = config.integer("mm_hidden_size", vision.dim());
    if (width != vision.dim()) {
      throw new BadInputException(
          config.file()
              + ": mm_hidden_size is "
              + width
              + ", but the vision tower is "
              + vision.dim()
              + " wide; name the right tower with --vision-tower");
    }
    if (config.flag("s2", false)) {
      throw config.wrong("s2", "absent or false, because the S2 vision tower is not supported");
    }
    TextConfig text = text(config, config.flag("tie_word_embeddings", false));
    ProjectorConfig projector = ProjectorConfig.parse(config.text("mm_projector_type", "linear"));
    PatchMerge merge = PatchMerge.of(config.text("mm_patch_merge_type", "flat"));
    ImageMode mode =
        switch (config.text("image_aspect_ratio", "square")) {
          case "pad" -> new ImageMode.Pad();
          case "anyres" -> new ImageMode.AnyRes(pinpoints(config, false));
          case "hd" -> new ImageMode.Hd(HighDefinition.paper(vision.imageSize()));
          default -> new ImageMode.Square();
        };
    return new LlavaConfig(vision, projector, text, mode, merge, text.contextLength());
  }

  /// Reads a CLIP configuration: that of a vision model, or the `vision_config` in that of a whole
  /// CLIP.
  public static VisionConfig visionTower(ConfigNode config) {
    ConfigNode vision = config.object("vision_config").orElse(config);
    String type = vision.text("model_type", "clip_vision_model");
    if (!type.equals("clip_vision_model")) {
      throw vision.wrong("model_type", "clip_vision_model, the only supported vision tower");
    }
    return vision(vision, -2, FeatureSelection.PATCH);
  }

  /// Reads the vision tower's configuration of a folder.
  public static VisionConfig visionTower(Path folder) {
    return visionTower(ConfigNode.read(folder.resolve("config.json")));
  }

  /// Reads a LLaMA or Mistral configuration. Missing values get transformers' defaults (LLaMA-7B).
  public static TextConfig text(ConfigNode node, boolean tieEmbeddings) {
    Quantisation.refuse(node);
    String type = node.text("model_type", "llama");
    boolean mistral = type.endsWith("mistral");
    if (!mistral && !List.of("llama", "llava", "llava_llama").contains(type)) {
      throw node.wrong("model_type", "llama or mistral");
    }
    if (!node.text("hidden_act", "silu").equals("silu")) {
      throw node.wrong("hidden_act", "silu");
    }
    if (node.flag("attention_bias", false) || node.flag("mlp_bias", false)) {
      throw node.wrong(node.flag("attention_bias", false) ? "attention_bias" : "mlp_bias", "false");
    }
    int dim = node.integer("hidden_size", 4096);
    int heads = node.integer("num_attention_heads", 32);
    boolean windowed = mistral && !node.json().path("sliding_window").isNull();
    OptionalInt window =
        windowed ? OptionalInt.of(node.integer("sliding_window", 4096)) : OptionalInt.empty();
    return new TextConfig(
        dim,
        node.integer("intermediate_size", mistral ? 14336 : 11008),
        node.integer("num_hidden_layers", 32),
        heads,
        node.integer("num_key_value_heads", mistral ? 8 : heads),
        node.integer("head_dim", dim / Math.max(1, heads)),
        node.integer("vocab_size", 32000),
        node.integer("max_position_embeddings", mistral ? 131072 : 2048),
        node.number("rms_norm_eps", 1e-6),
        ropeTheta(node),
        ropeScaling(node),
        tieEmbeddings,
        window);
  }

  private static VisionConfig vision(
      ConfigNode node, int featureLayer, FeatureSelection selection) {
    return new VisionConfig(
        node.integer("image_size", 224),
        node.integer("patch_size", 32),
        node.integer("hidden_size", 768),
        node.integer("intermediate_size", 3072),
        node.integer("num_hidden_layers", 12),
        node.integer("num_attention_heads", 12),
        node.number("layer_norm_eps", 1e-5),
        switch (node.text("hidden_act", "quick_gelu")) {
          case "quick_gelu" -> Activation.QUICK_GELU;
          case "gelu" -> Activation.GELU;
          default -> throw node.wrong("hidden_act", "quick_gelu or gelu");
        },
        featureLayer,
        selection,
        node.integer("projection_dim", 512));
  }

  private static int featureLayer(ConfigNode config, String key) {
    JsonNode layers = config.json().path(key);
    if (!layers.isArray()) {
      return config.integer(key, -2);
    }
    if (layers.size() != 1 || !layers.get(0).isInt()) {
      throw config.wrong(
          key,
          "one layer, or a list with one layer; concatenated features of several layers are not"
              + " supported");
    }
    return layers.get(0).asInt();
  }

  private static FeatureSelection selection(ConfigNode config) {
    return switch (config.text("vision_feature_select_strategy", "default")) {
      case "default" -> FeatureSelection.PATCH;
      case "full" -> FeatureSelection.CLS_PATCH;
      default -> throw config.wrong("vision_feature_select_strategy", "default or full");
    };
  }

  private static double ropeTheta(ConfigNode node) {
    return node.object("rope_parameters")
        .map(rope -> rope.number("rope_theta", 10000))
        .orElseGet(() -> node.number("rope_theta", 10000));
  }

  private static RopeScaling ropeScaling(ConfigNode node) {
    ConfigNode rope =
        node.object("rope_parameters").or(() -> node.object("rope_scaling")).orElse(null);
    if (rope == null) {
      return new RopeScaling.None();
    }
    String type = rope.text("rope_type", rope.text("type", "default"));
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(rope.number("factor", 1));
      case "llama3" ->
          new RopeScaling.Llama3(
              rope.number("factor", 8),
              rope.number("low_freq_factor", 1),
              rope.number("high_freq_factor", 4),
              rope.integer("original_max_position_embeddings", 8192));
      default ->
          throw rope.wrong(
              rope.has("rope_type") ? "rope_type" : "type", "default, linear or llama3");
    };
  }

  /// Hugging Face writes [height, width], the original writes [width, height]; the usual lists are
  /// symmetric, but others may not be. Also accepts the list as a string.
  private static List<Resolution> pinpoints(ConfigNode config, boolean heightFirst) {
    String key = "image_grid_pinpoints";
    JsonNode node = config.json().path(key);
    if (node.isString()) {
      node = JSON.readTree(node.asString().replace('(', '[').replace(')', ']'));
    }
    List<Resolution> resolutions = new ArrayList<>();
    for (JsonNode pair : node) {
      if (!pair.isArray()
          || pair.size() != 2
          || !pair.get(0).canConvertToInt()
          || !pair.get(1).canConvertToInt()) {
        throw config.wrong(key, "a list of pairs of pixels");
      }
      int first = pair.get(0).asInt();
      int second = pair.get(1).asInt();
      resolutions.add(heightFirst ? new Resolution(second, first) : new Resolution(first, second));
    }
    if (resolutions.isEmpty()) {
      throw new BadInputException(
          config.file() + " lacks " + key + ", which is required for anyres");
    }
    return resolutions;
  }
}
