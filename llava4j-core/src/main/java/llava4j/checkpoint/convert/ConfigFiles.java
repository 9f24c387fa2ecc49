package llava4j.checkpoint.convert;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import llava4j.checkpoint.Checkpoint;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.RopeScaling;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.config.VisionConfig.Activation;
import llava4j.config.VisionConfig.FeatureSelection;
import llava4j.error.BadInputException;
import llava4j.image.ChannelValues;
import llava4j.image.ImageMode;
import llava4j.image.ImageProcessorConfig;
import llava4j.image.PatchMerge;
import llava4j.image.Resolution;
import llava4j.io.AtomicFile;
import llava4j.tensor.DType;
import llava4j.text.tokenizer.Tokenizer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The small files of a converted checkpoint, besides the weights.
final class ConfigFiles {
  /// The file name of a chat template.
  static final String CHAT_TEMPLATE = "chat_template.jinja";

  private static final JsonMapper JSON = new JsonMapper();
  private static final String TYPE = "image_processor_type";
  private static final String CLIP = "CLIPImageProcessor";

  private final Checkpoint checkpoint;
  private final LlavaConfig config;
  private final Path folder;
  private final TokenIds ids;
  private final SourceFiles source;
  private final ObjectNode sourceConfig;
  private final ObjectNode sourceText;

  ConfigFiles(Checkpoint checkpoint, TokenIds ids, SourceFiles source, Path folder) {
    this.checkpoint = checkpoint;
    this.config = checkpoint.config();
    this.ids = ids;
    this.source = source;
    this.folder = folder;
    this.sourceConfig = source.json("config.json");
    this.sourceText =
        sourceConfig.path("text_config").isObject()
            ? (ObjectNode) sourceConfig.get("text_config")
            : JSON.createObjectNode();
  }

  /// `config.json` and `generation_config.json` for transformers.
  void huggingFace(int vocabularyRows, DType dtype) {
    if (!(config.projector() instanceof ProjectorConfig.Mlp(int depth)) || depth != 2) {
      throw new BadInputException(
          "Hugging Face's LLaVA needs a projector with two layers, not "
              + config.projector()
              + "; write original instead");
    }
    boolean tiled = config.imageMode() instanceof ImageMode.AnyRes;
    ObjectNode root = JSON.createObjectNode();
    root.putArray("architectures")
        .add(tiled ? "LlavaNextForConditionalGeneration" : "LlavaForConditionalGeneration");
    root.put("model_type", tiled ? "llava_next" : "llava");
    root.put("ignore_index", -100);
    root.put("image_token_index", ids.image().orElseThrow());
    padId(root);
    root.put("projector_hidden_act", "gelu");
    root.put("image_seq_length", config.vision().rowsPerView());
    root.put("multimodal_projector_bias", true);
    root.put("vision_feature_layer", config.vision().featureLayer());
    root.put("vision_feature_select_strategy", strategy());
    root.put("tie_word_embeddings", config.text().tieEmbeddings());
    root.put("torch_dtype", typeName(dtype));
    if (config.imageMode() instanceof ImageMode.AnyRes(List<Resolution> pinpoints)) {
      addPinpoints(root, pinpoints, true);
      root.put("use_image_newline_parameter", config.patchMerge() == PatchMerge.SPATIAL_UNPAD);
    }
    ObjectNode text = root.putObject("text_config");
    boolean mistral = config.text().slidingWindow().isPresent();
    text.putArray("architectures").add(mistral ? "MistralForCausalLM" : "LlamaForCausalLM");
    text.put("model_type", mistral ? "mistral" : "llama");
    addText(text, config.text(), vocabularyRows);
    padId(text);
    text.put("tie_word_embeddings", config.text().tieEmbeddings());
    text.put("torch_dtype", typeName(dtype));
    addVision(root.putObject("vision_config"), config.vision());
    write("config.json", root);
  }

  /// `config.json` and `generation_config.json` for the original code.
  ///
  /// @param visionTower value of `mm_vision_tower`; empty if the base contains the vision tower
  void original(DType dtype, Optional<String> visionTower) {
    ObjectNode root = JSON.createObjectNode();
    boolean mistral = config.text().slidingWindow().isPresent();
    root.putArray("architectures")
        .add(mistral ? "LlavaMistralForCausalLM" : "LlavaLlamaForCausalLM");
    root.put("model_type", mistral ? "llava_mistral" : "llava_llama");
    addText(root, config.text(), config.text().vocab());
    OptionalInt pad = ids.pad().isPresent() ? ids.pad() : TokenIds.present(ids.unknown());
    ids.setPad(root, pad, sourceText, sourceConfig);
    root.put("use_mm_proj", true);
    root.put("mm_hidden_size", config.vision().dim());
    root.put("mm_projector_type", config.projector().toString());
    visionTower.ifPresent(name -> root.put("mm_vision_tower", name));
    root.put("mm_vision_select_layer", config.vision().featureLayer());
    root.put(
        "mm_vision_select_feature",
        config.vision().featureSelection() == FeatureSelection.PATCH ? "patch" : "cls_patch");
    root.put("mm_use_im_start_end", checkpoint.prompts().marksImages());
    root.put("mm_use_im_patch_token", wantsPatchToken());
    root.put("mm_patch_merge_type", config.patchMerge().key());
    root.put("tie_word_embeddings", config.text().tieEmbeddings());
    root.put("torch_dtype", typeName(dtype));
    switch (config.imageMode()) {
      case ImageMode.Pad _ -> root.put("image_aspect_ratio", "pad");
      case ImageMode.Square _ -> root.put("image_aspect_ratio", "square");
      case ImageMode.Hd _ -> root.put("image_aspect_ratio", "hd");
      case ImageMode.AnyRes(List<Resolution> pinpoints) -> {
        root.put("image_aspect_ratio", "anyres");
        addPinpoints(root, pinpoints, false);
      }
    }
    write("config.json", root);
  }

  /// The value in the source. In the original layout, a missing value means true; other layouts
  /// have no such token.
  private boolean wantsPatchToken() {
    boolean isOriginal = sourceConfig.has("mm_vision_tower") || sourceConfig.has("mm_hidden_size");
    return sourceConfig.path("mm_use_im_patch_token").asBoolean(isOriginal);
  }

  /// The `clip/config.json` of a copied vision tower.
  void tower(DType dtype) {
    ObjectNode tower = JSON.createObjectNode();
    tower.putArray("architectures").add("CLIPVisionModel");
    addVision(tower, config.vision());
    tower.put("torch_dtype", typeName(dtype));
    write("clip/config.json", tower);
  }

  /// `preprocessor_config.json` in the dialect's folder, and `processor_config.json`.
  void processors(boolean huggingFace) {
    ImageProcessorConfig processor = checkpoint.imageProcessor();
    ObjectNode root = JSON.createObjectNode();
    root.put(TYPE, huggingFace ? imageProcessorType() : CLIP);
    addSide(root.putObject("crop_size"), processor.cropSize());
    switch (processor.resizeRule()) {
      case SHORTEST_EDGE -> root.putObject("size").put("shortest_edge", processor.size());
      case BOTH_EDGES -> addSide(root.putObject("size"), processor.size());
    }
    root.put("do_center_crop", processor.doCenterCrop());
    root.put("do_convert_rgb", true);
    root.put("do_normalize", processor.doNormalize());
    root.put("do_rescale", processor.doRescale());
    root.put("do_resize", processor.doResize());
    addChannels(root.putArray("image_mean"), processor.mean());
    addChannels(root.putArray("image_std"), processor.std());
    root.put("resample", 3);
    root.put("rescale_factor", processor.rescaleFactor());
    if (!huggingFace) {
      write("clip/preprocessor_config.json", root);
      return;
    }
    if (config.imageMode() instanceof ImageMode.AnyRes(List<Resolution> pinpoints)) {
      addPinpoints(root, pinpoints, true);
    }
    if (!imageProcessorType().equals(CLIP)) {
      root.put("do_pad", true);
    }
    root.put("processor_class", processorClass());
    write("preprocessor_config.json", root);
    ObjectNode outer = JSON.createObjectNode();
    outer.put("processor_class", processorClass());
    outer.put("image_token", "<image>");
    outer.put("patch_size", config.vision().patchSize());
    outer.put("num_additional_image_tokens", 1);
    outer.put("vision_feature_select_strategy", strategy());
    write("processor_config.json", outer);
  }

  /// CLIP's processor crops an image; LLaVA's own processor pads it, as in training. If a folder of
  /// transformers has CLIP's processor, it is kept.
  private String imageProcessorType() {
    boolean keepsClip =
        checkpoint.dialect() == Checkpoint.Dialect.HUGGING_FACE
            && source.json("preprocessor_config.json").path(TYPE).asString("").equals(CLIP);
    return switch (config.imageMode()) {
      case ImageMode.AnyRes _ -> "LlavaNextImageProcessor";
      case ImageMode.Pad _ -> keepsClip ? CLIP : "LlavaImageProcessor";
      case ImageMode.Square _, ImageMode.Hd _ -> CLIP;
    };
  }

  /// The tokenizer's files and the chat template.
  ///
  /// @param template the chat template, a Jinja text
  void tokenizer(Tokenizer tokenizer, boolean huggingFace, String template) {
    ObjectNode settings = JSON.createObjectNode();
    settings.put("add_eos_token", false);
    settings.put("clean_up_tokenization_spaces", false);
    settings.put("model_max_length", config.contextLength());
    settings.put("padding_side", huggingFace ? "left" : "right");
    if (huggingFace) {
      settings.put("processor_class", processorClass());
    }
    new TokenizerWriter(tokenizer, ids, source, folder).write(settings);
    AtomicFile.writeText(folder.resolve(CHAT_TEMPLATE), template);
  }

  /// `generation_config.json`: the source's, or else only the ids that end an answer.
  void generation() {
    ObjectNode root = source.json("generation_config.json");
    if (!root.has("eos_token_id") && !checkpoint.eosIds().isEmpty()) {
      ArrayNode eos = root.putArray("eos_token_id");
      checkpoint.eosIds().stream().sorted().forEach(eos::add);
      if (eos.size() == 1) {
        root.put("eos_token_id", eos.get(0).asInt());
      }
    }
    TokenIds.set(root, "bos_token_id", TokenIds.present(ids.bos()), root);
    TokenIds.set(root, "eos_token_id", TokenIds.present(ids.eos()), root);
    ids.setPad(root, ids.pad(), root);
    write("generation_config.json", root);
  }

  private String processorClass() {
    return config.imageMode() instanceof ImageMode.AnyRes ? "LlavaNextProcessor" : "LlavaProcessor";
  }

  private String strategy() {
    return config.vision().featureSelection() == FeatureSelection.PATCH ? "default" : "full";
  }

  private void padId(ObjectNode node) {
    ids.setPad(node, ids.pad(), sourceConfig, sourceText);
  }

  private static void addSide(ObjectNode node, int side) {
    node.put("height", side).put("width", side);
  }

  private void addText(ObjectNode node, TextConfig text, int rows) {
    node.put("hidden_size", text.dim());
    node.put("intermediate_size", text.intermediateDim());
    node.put("num_hidden_layers", text.numLayers());
    node.put("num_attention_heads", text.numHeads());
    node.put("num_key_value_heads", text.numKvHeads());
    node.put("head_dim", text.headDim());
    node.put("vocab_size", rows);
    node.put("max_position_embeddings", text.maxPositions());
    text.slidingWindow().ifPresent(window -> node.put("sliding_window", window));
    node.put("rms_norm_eps", text.rmsNormEps());
    node.put("rope_theta", text.ropeTheta());
    node.put("hidden_act", "silu");
    node.put("attention_bias", false);
    TokenIds.set(node, "bos_token_id", TokenIds.present(ids.bos()), sourceText, sourceConfig);
    TokenIds.set(node, "eos_token_id", TokenIds.present(ids.eos()), sourceText, sourceConfig);
    switch (text.ropeScaling()) {
      case RopeScaling.None _ -> node.putNull("rope_scaling");
      case RopeScaling.Linear(double factor) ->
          node.putObject("rope_scaling")
              .put("rope_type", "linear")
              .put("type", "linear")
              .put("factor", factor);
      case RopeScaling.Llama3 llama3 ->
          node.putObject("rope_scaling")
              .put("rope_type", "llama3")
              .put("factor", llama3.factor())
              .put("low_freq_factor", llama3.lowFrequencyFactor())
              .put("high_freq_factor", llama3.highFrequencyFactor())
              .put("original_max_position_embeddings", llama3.originalMaxPositions());
    }
  }

  private static void addVision(ObjectNode node, VisionConfig vision) {
    node.put("model_type", "clip_vision_model");
    node.put("image_size", vision.imageSize());
    node.put("patch_size", vision.patchSize());
    node.put("hidden_size", vision.dim());
    node.put("intermediate_size", vision.intermediateDim());
    node.put("num_hidden_layers", vision.numLayers());
    node.put("num_attention_heads", vision.numHeads());
    node.put("layer_norm_eps", vision.layerNormEps());
    node.put("hidden_act", vision.activation() == Activation.QUICK_GELU ? "quick_gelu" : "gelu");
    node.put("projection_dim", vision.projectionDim());
  }

  private static void addPinpoints(
      ObjectNode root, List<Resolution> pinpoints, boolean heightFirst) {
    ArrayNode list = root.putArray("image_grid_pinpoints");
    for (Resolution pinpoint : pinpoints) {
      list.addArray()
          .add(heightFirst ? pinpoint.height() : pinpoint.width())
          .add(heightFirst ? pinpoint.width() : pinpoint.height());
    }
  }

  private static void addChannels(ArrayNode array, ChannelValues values) {
    array.add(values.red()).add(values.green()).add(values.blue());
  }

  private String typeName(DType dtype) {
    DType type =
        dtype != null
            ? dtype
            : checkpoint.weights().tensors().get("language_model.embed_tokens.weight").dtype();
    return switch (type) {
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      default -> "float32";
    };
  }

  private void write(String name, ObjectNode root) {
    AtomicFile.writeText(
        folder.resolve(name),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
  }
}
