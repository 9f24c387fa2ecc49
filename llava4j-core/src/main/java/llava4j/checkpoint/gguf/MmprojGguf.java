package llava4j.checkpoint.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.error.NameList;

/// Writes the GGUF file of vision tower and projector ("mmproj") like llama.cpp's LLaVA converter:
/// the same keys, names and order of tensors, vectors in F32.
///
/// The last block in the file is the one whose output the projector uses: later blocks (from
/// `config.blockCount()` on) and the final norm are left out. `ffn_down` and `ffn_up` are swapped,
/// as in the converter; llama.cpp detects that by their sizes.
///
/// @param type of the matrices, F16 or F32
public record MmprojGguf(GgufVisionConfig config, GgmlType type) {
  private static final List<String> BLOCK_ORDER =
      List.of("attn_k", "attn_v", "attn_q", "attn_out", "ln1", "ffn_down", "ffn_up", "ln2");
  private static final String LAYERS = "vision_tower.vision_model.encoder.layers.";

  public MmprojGguf {
    if (type != GgmlType.F16 && type != GgmlType.F32) {
      throw new BadInputException(
          "a vision tower cannot be written as " + type + "; use F16 or F32");
    }
  }

  /// Writes the file.
  ///
  /// @param weights under our names; tensors of the language model are ignored
  public void write(WeightSource weights, Path path, WriteProgress progress) {
    GgufWriter writer = new GgufWriter();
    putMetadata(writer);
    GgufNames names = GgufNames.mmproj(true);
    for (String stored : tensorNames(weights)) {
      String ours = names.ours(stored).orElseThrow();
      List<Long> shape = weights.tensors().get(ours).shape();
      writer.addTensor(
          stored, shape.size() == 1 ? GgmlType.F32 : type, shape, () -> weights.load(ours));
    }
    writer.write(path, progress);
  }

  /// llama.cpp's names of all tensors in the order of its converter. Fails if tensors are missing
  /// or unexpected.
  private List<String> tensorNames(WeightSource weights) {
    GgufNames names = GgufNames.mmproj(true);
    Set<String> unused = new TreeSet<>(weights.tensors().keySet());
    unused.removeIf(this::isLeftOut);
    List<String> stored = new ArrayList<>();
    if (unused.contains("image_newline")) {
      stored.add("model.image_newline");
    }
    addWithBias(stored, "mm.0");
    if (config.projectorType().equals("mlp")) {
      addWithBias(stored, "mm.2");
    }
    stored.addAll(List.of("v.class_embd", "v.patch_embd.weight", "v.position_embd.weight"));
    addWithBias(stored, "v.pre_ln");
    for (int block = 0; block < config.blockCount(); block++) {
      for (String part : BLOCK_ORDER) {
        addWithBias(stored, "v.blk." + block + "." + part);
      }
    }
    List<String> missing = new ArrayList<>();
    for (String name : stored) {
      String ours = names.ours(name).orElseThrow();
      if (!unused.remove(ours)) {
        missing.add(ours);
      }
    }
    if (!missing.isEmpty() || !unused.isEmpty()) {
      List<String> problems = new ArrayList<>();
      missing.forEach(name -> problems.add("missing " + name));
      unused.forEach(name -> problems.add("unexpected " + name));
      throw NameList.of(problems)
          .refusal(
              "vision tower and projector cannot be written as GGUF: ",
              "; check that the configuration belongs to the weights");
    }
    return stored;
  }

  private static void addWithBias(List<String> stored, String name) {
    stored.add(name + ".weight");
    stored.add(name + ".bias");
  }

  private boolean isLeftOut(String ours) {
    if (ours.startsWith(LAYERS)) {
      String number = ours.substring(LAYERS.length()).split("\\.", 2)[0];
      return number.matches("\\d{1,6}") && Integer.parseInt(number) >= config.blockCount();
    }
    return ours.startsWith("language_model.")
        || ours.startsWith("lm_head.")
        || ours.contains(".post_layernorm.");
  }

  private void putMetadata(GgufWriter writer) {
    writer.put("general.architecture", GgufVisionConfig.ARCHITECTURE);
    writer.put("clip.has_text_encoder", false);
    writer.put("clip.has_vision_encoder", true);
    writer.put("clip.has_llava_projector", true);
    writer.put("general.file_type", GgufValue.uint32(LanguageModelGguf.fileType(type)));
    writer.put("general.name", "clip");
    writer.put("general.description", "image encoder for LLaVA");
    writer.put("clip.projector_type", "mlp"); // also for one layer; llama.cpp checks for mm.2
    var counts = new LinkedHashMap<String, Integer>();
    counts.put("image_size", config.imageSize());
    counts.put("patch_size", config.patchSize());
    counts.put("embedding_length", config.embeddingLength());
    counts.put("feed_forward_length", config.feedForwardLength());
    counts.put("projection_dim", config.projectionDim());
    counts.put("attention.head_count", config.headCount());
    counts.forEach((key, count) -> writer.put("clip.vision." + key, GgufValue.uint32(count)));
    writer.put(
        "clip.vision.attention.layer_norm_epsilon", GgufValue.float32(config.layerNormEpsilon()));
    writer.put("clip.vision.block_count", GgufValue.uint32(config.blockCount()));
    // without it llama.cpp skips the last block
    writer.put(
        GgufVisionConfig.FEATURE_LAYER, GgufValue.int32s(List.of((long) config.blockCount())));
    if (!config.gridPinpoints().isEmpty()) {
      List<Long> sides = new ArrayList<>();
      config
          .gridPinpoints()
          .forEach(size -> {
            sides.add((long) size.width());
            sides.add((long) size.height());
          });
      writer.put("clip.vision.image_grid_pinpoints", GgufValue.int32s(sides));
    }
    if (!config.mergeType().equals("flat")) {
      writer.put("clip.vision.mm_patch_merge_type", config.mergeType());
    }
    writer.put("clip.vision.image_mean", GgufValue.float32s(config.imageMean()));
    writer.put("clip.vision.image_std", GgufValue.float32s(config.imageStd()));
    switch (config.activation()) {
      case QUICK_GELU -> writer.put("clip.use_gelu", false);
      case GELU -> writer.put("clip.use_gelu", true);
      case SILU -> writer.put("clip.use_gelu", false).put("clip.use_silu", true);
    }
  }
}
