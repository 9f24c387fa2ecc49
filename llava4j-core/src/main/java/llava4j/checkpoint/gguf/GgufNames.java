package llava4j.checkpoint.gguf;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Between GGUF's tensor names and ours, for the language model and for the picture side
/// (`mmproj`).
final class GgufNames {
  private static final Pattern TEXT_BLOCK = Pattern.compile("blk\\.(\\d+)\\.([a-z_]+)\\.weight");
  private static final Pattern VISION_BLOCK =
      Pattern.compile("v\\.blk\\.(\\d+)\\.([a-z0-9_]+)\\.(weight|bias)");
  private static final Pattern PROJECTOR = Pattern.compile("mm\\.(\\d+)\\.(weight|bias)");
  private static final String LAYERS = "language_model.layers.";
  private static final String VISION = "vision_tower.vision_model.";

  private static final Map<String, String> TEXT_PARTS =
      Map.of(
          "attn_norm", "input_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.o_proj",
          "ffn_norm", "post_attention_layernorm",
          "ffn_gate", "mlp.gate_proj",
          "ffn_up", "mlp.up_proj",
          "ffn_down", "mlp.down_proj");

  private static final Map<String, String> TEXT_SINGLES =
      Map.of(
          "token_embd.weight", "language_model.embed_tokens.weight",
          "output_norm.weight", "language_model.norm.weight",
          "output.weight", "lm_head.weight");

  private static final Map<String, String> VISION_PARTS =
      Map.of(
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_out", "self_attn.out_proj",
          "ln1", "layer_norm1",
          "ln2", "layer_norm2");

  private static final Map<String, String> VISION_SINGLES =
      Map.of(
          "v.class_embd", "embeddings.class_embedding",
          "v.patch_embd.weight", "embeddings.patch_embedding.weight",
          "v.position_embd.weight", "embeddings.position_embedding.weight",
          "v.pre_ln.weight", "pre_layrnorm.weight",
          "v.pre_ln.bias", "pre_layrnorm.bias",
          "v.post_ln.weight", "post_layernorm.weight",
          "v.post_ln.bias", "post_layernorm.bias");

  private GgufNames() {}

  /// Our name for a tensor of a language model file.
  static Optional<String> oursOfText(String stored) {
    if (TEXT_SINGLES.containsKey(stored)) {
      return Optional.of(TEXT_SINGLES.get(stored));
    }
    Matcher block = TEXT_BLOCK.matcher(stored);
    if (block.matches() && TEXT_PARTS.containsKey(block.group(2))) {
      return Optional.of(
          LAYERS + block.group(1) + "." + TEXT_PARTS.get(block.group(2)) + ".weight");
    }
    return Optional.of(stored); // unexpected; the parameter table will say so
  }

  /// Our name for a tensor of an mmproj file.
  ///
  /// @param downIsFirst whether this file calls the first feed-forward matrix `ffn_down`, as
  ///   converters did until 2025
  static Optional<String> oursOfVision(String stored, boolean downIsFirst) {
    if (VISION_SINGLES.containsKey(stored)) {
      return Optional.of(VISION + VISION_SINGLES.get(stored));
    }
    if (stored.equals("model.image_newline") || stored.equals("v.image_newline")) {
      return Optional.of("image_newline");
    }
    Matcher projector = PROJECTOR.matcher(stored);
    if (projector.matches()) {
      return Optional.of("projector." + projector.group(1) + "." + projector.group(2));
    }
    Matcher block = VISION_BLOCK.matcher(stored);
    if (block.matches()) {
      String part =
          switch (block.group(2)) {
            case "ffn_down" -> downIsFirst ? "mlp.fc1" : "mlp.fc2";
            case "ffn_up" -> downIsFirst ? "mlp.fc2" : "mlp.fc1";
            default -> VISION_PARTS.get(block.group(2));
          };
      if (part != null) {
        return Optional.of(
            VISION + "encoder.layers." + block.group(1) + "." + part + "." + block.group(3));
      }
    }
    return Optional.of(stored);
  }

  /// The name that llama.cpp knows for one of ours.
  static String gguf(String ours) {
    for (Map.Entry<String, String> single : TEXT_SINGLES.entrySet()) {
      if (single.getValue().equals(ours)) {
        return single.getKey();
      }
    }
    for (Map.Entry<String, String> single : VISION_SINGLES.entrySet()) {
      if ((VISION + single.getValue()).equals(ours)) {
        return single.getKey();
      }
    }
    if (ours.equals("image_newline")) {
      return "model.image_newline";
    }
    if (ours.startsWith("projector.")) {
      return "mm." + ours.substring("projector.".length());
    }
    return ours.startsWith(LAYERS) ? textBlock(ours) : visionBlock(ours);
  }

  private static String textBlock(String ours) {
    String[] parts = ours.substring(LAYERS.length()).split("\\.", 2);
    for (Map.Entry<String, String> part : TEXT_PARTS.entrySet()) {
      if ((part.getValue() + ".weight").equals(parts[1])) {
        return "blk." + parts[0] + "." + part.getKey() + ".weight";
      }
    }
    throw new IllegalArgumentException("GGUF has no name for " + ours);
  }

  private static String visionBlock(String ours) {
    String[] parts = ours.substring((VISION + "encoder.layers.").length()).split("\\.", 2);
    String prefix = "v.blk." + parts[0] + ".";
    if (parts[1].startsWith("mlp.")) {
      // The naming of LLaVA's own converter, which every llama.cpp reads: fc1 is "down", fc2 is
      // "up".
      return prefix
          + (parts[1].startsWith("mlp.fc1") ? "ffn_down" : "ffn_up")
          + parts[1].substring("mlp.fc1".length());
    }
    for (Map.Entry<String, String> part : VISION_PARTS.entrySet()) {
      if (parts[1].startsWith(part.getValue() + ".")) {
        return prefix + part.getKey() + parts[1].substring(part.getValue().length());
      }
    }
    throw new IllegalArgumentException("GGUF has no name for " + ours);
  }
}
