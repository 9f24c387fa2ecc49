package llava4j.checkpoint.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.error.NameList;

/// All tensors that a model needs, with our names and their shapes; checks that a checkpoint has
/// exactly these tensors.
///
/// Our names: `vision_tower.vision_model.*` as in CLIP, `projector.N.*`, `image_newline`,
/// `language_model.*` as in LLaMA without its `model.`, and `lm_head.weight`.
public final class ParameterTable {
  /// The learned newline: the vector at the end of each row of patches.
  public static final String IMAGE_NEWLINE = "image_newline";

  private final SequencedMap<String, List<Long>> shapes = new LinkedHashMap<>();

  private ParameterTable() {}

  /// The tensors of a whole model, without vision tower blocks that are never run.
  public static ParameterTable of(LlavaConfig config) {
    ParameterTable table = new ParameterTable();
    table.addVisionTower(config.vision(), config.vision().layersToRun());
    table.addProjector(config);
    table.addLanguageModel(config.text());
    if (config.hasImageNewline()) {
      table.add(IMAGE_NEWLINE, config.text().dim());
    }
    return table;
  }

  /// Map from name to shape.
  public SequencedMap<String, List<Long>> shapes() {
    return shapes;
  }

  /// Total number of values in the tensors whose name starts with `prefix`.
  public long numParameters(String prefix) {
    return shapes.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(prefix))
        .mapToLong(entry -> entry.getValue().stream().reduce(1L, Math::multiplyExact))
        .sum();
  }

  /// Fails if a tensor is missing or has another shape, or if `source` has a tensor that the model
  /// would ignore. The message has the first five problems and their number; the exception has all
  /// of them.
  public void requireExactly(WeightSource source, String where) {
    List<String> problems = new ArrayList<>();
    shapes.forEach((name, shape) -> {
      TensorInfo found = source.tensors().get(name);
      if (found == null) {
        problems.add("missing " + name + " " + shape);
      } else if (!found.shape().equals(shape)) {
        problems.add(name + " has shape " + found.shape() + " instead of " + shape);
      } else if (!found.dtype().isFloatingPoint()) {
        problems.add(name + " has type " + found.storedAs() + " instead of a floating point type");
      }
    });
    for (String name : source.tensors().keySet()) {
      if (!shapes.containsKey(name) && !isAdapter(name)) {
        problems.add("unexpected " + name);
      }
    }
    if (!problems.isEmpty()) {
      throw NameList.of(problems)
          .refusal(
              where
                  + " does not fit its configuration ("
                  + problems.size()
                  + (problems.size() == 1 ? " tensor): " : " tensors): "),
              "");
    }
  }

  private static boolean isAdapter(String name) {
    return name.endsWith(".lora_A.weight")
        || name.endsWith(".lora_B.weight")
        || name.endsWith(".lora_scale");
  }

  private void addVisionTower(VisionConfig config, int numLayers) {
    String root = "vision_tower.vision_model.";
    long dim = config.dim();
    add(root + "embeddings.class_embedding", dim);
    add(root + "embeddings.patch_embedding.weight", dim, 3, config.patchSize(), config.patchSize());
    add(root + "embeddings.position_embedding.weight", config.numPatches() + 1L, dim);
    addWithBias(root + "pre_layrnorm", dim);
    for (int layer = 0; layer < numLayers; layer++) {
      String prefix = root + "encoder.layers." + layer + ".";
      addWithBias(prefix + "layer_norm1", dim);
      for (String projection : List.of("q", "k", "v", "out")) {
        addWithBias(prefix + "self_attn." + projection + "_proj", dim, dim);
      }
      addWithBias(prefix + "layer_norm2", dim);
      addWithBias(prefix + "mlp.fc1", config.intermediateDim(), dim);
      addWithBias(prefix + "mlp.fc2", dim, config.intermediateDim());
    }
  }

  private void addProjector(LlavaConfig config) {
    ProjectorConfig projector = config.projector();
    for (int i = 0; i < projector.numLinears(); i++) {
      addWithBias(
          "projector." + 2 * i,
          config.text().dim(),
          i == 0 ? config.vision().dim() : config.text().dim());
    }
  }

  private void addLanguageModel(TextConfig config) {
    long dim = config.dim();
    long queryDim = (long) config.numHeads() * config.headDim();
    long keyDim = (long) config.numKvHeads() * config.headDim();
    add("language_model.embed_tokens.weight", config.vocab(), dim);
    for (int layer = 0; layer < config.numLayers(); layer++) {
      String prefix = "language_model.layers." + layer + ".";
      add(prefix + "input_layernorm.weight", dim);
      add(prefix + "self_attn.q_proj.weight", queryDim, dim);
      add(prefix + "self_attn.k_proj.weight", keyDim, dim);
      add(prefix + "self_attn.v_proj.weight", keyDim, dim);
      add(prefix + "self_attn.o_proj.weight", dim, queryDim);
      add(prefix + "post_attention_layernorm.weight", dim);
      add(prefix + "mlp.gate_proj.weight", config.intermediateDim(), dim);
      add(prefix + "mlp.up_proj.weight", config.intermediateDim(), dim);
      add(prefix + "mlp.down_proj.weight", dim, config.intermediateDim());
    }
    add("language_model.norm.weight", dim);
    if (!config.tieEmbeddings()) {
      add("lm_head.weight", config.vocab(), dim);
    }
  }

  private void addWithBias(String prefix, long... shape) {
    add(prefix + ".weight", shape);
    add(prefix + ".bias", shape[0]);
  }

  private void add(String name, long... shape) {
    List<Long> boxed = new ArrayList<>();
    for (long dim : shape) {
      boxed.add(dim);
    }
    shapes.put(name, List.copyOf(boxed));
  }
}
