package llava4j.checkpoint.gguf;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Maps between llama.cpp's tensor names and ours, for one kind of file.
public final class GgufNames {
  private static final String CLIP = "vision_tower.vision_model.";
  private static final Pattern LAYER = Pattern.compile("(\\d{1,6})\\.(.+)\\.(weight|bias)");

  private final Map<String, String> whole;
  private final String layers;
  private final String ourLayers;
  private final Map<String, String> parts;
  private final Map<String, String> wholeReversed;
  private final Map<String, String> partsReversed;

  private GgufNames(
      Map<String, String> whole, String layers, String ourLayers, Map<String, String> parts) {
    this.whole = whole;
    this.layers = layers;
    this.ourLayers = ourLayers;
    this.parts = parts;
    this.wholeReversed = reversed(whole);
    this.partsReversed = reversed(parts);
  }

  /// A file with a language model of architecture `llama`.
  public static GgufNames languageModel() {
    return new GgufNames(
        Map.of(
            "token_embd.weight", "language_model.embed_tokens.weight",
            "output_norm.weight", "language_model.norm.weight",
            "output.weight", "lm_head.weight"),
        "blk.",
        "language_model.layers.",
        Map.of(
            "attn_norm", "input_layernorm",
            "attn_q", "self_attn.q_proj",
            "attn_k", "self_attn.k_proj",
            "attn_v", "self_attn.v_proj",
            "attn_output", "self_attn.o_proj",
            "ffn_norm", "post_attention_layernorm",
            "ffn_gate", "mlp.gate_proj",
            "ffn_up", "mlp.up_proj",
            "ffn_down", "mlp.down_proj"));
  }

  /// A file with the vision tower and the projector ("mmproj").
  ///
  /// @param swapped whether `ffn_down` is the first layer of the feed-forward block and `ffn_up`
  ///   the second, as in files of llama.cpp's first LLaVA converter; newer files have the right
  ///   names
  public static GgufNames mmproj(boolean swapped) {
    Map<String, String> whole = new HashMap<>();
    whole.put("v.class_embd", CLIP + "embeddings.class_embedding");
    whole.put("v.patch_embd.weight", CLIP + "embeddings.patch_embedding.weight");
    whole.put("v.position_embd.weight", CLIP + "embeddings.position_embedding.weight");
    for (String kind : new String[] {"weight", "bias"}) {
      whole.put("v.pre_ln." + kind, CLIP + "pre_layrnorm." + kind);
      whole.put("v.post_ln." + kind, CLIP + "post_layernorm." + kind);
      for (int layer = 0; layer <= 8; layer += 2) {
        whole.put("mm." + layer + "." + kind, "projector." + layer + "." + kind);
      }
    }
    whole.put("model.image_newline", "image_newline");
    return new GgufNames(
        whole,
        "v.blk.",
        CLIP + "encoder.layers.",
        Map.of(
            "attn_q",
            "self_attn.q_proj",
            "attn_k",
            "self_attn.k_proj",
            "attn_v",
            "self_attn.v_proj",
            "attn_out",
            "self_attn.out_proj",
            "ln1",
            "layer_norm1",
            "ln2",
            "layer_norm2",
            swapped ? "ffn_down" : "ffn_up",
            "mlp.fc1",
            swapped ? "ffn_up" : "ffn_down",
            "mlp.fc2"));
  }

  /// Our name; empty for unknown names.
  public Optional<String> ours(String stored) {
    return translate(stored, whole, layers, ourLayers, parts);
  }

  /// llama.cpp's name; empty if it has none.
  public Optional<String> stored(String ours) {
    return translate(ours, wholeReversed, ourLayers, layers, partsReversed);
  }

  private static Optional<String> translate(
      String name, Map<String, String> whole, String from, String to, Map<String, String> parts) {
    if (whole.containsKey(name)) {
      return Optional.of(whole.get(name));
    }
    if (!name.startsWith(from)) {
      return Optional.empty();
    }
    Matcher layer = LAYER.matcher(name.substring(from.length()));
    if (!layer.matches() || !parts.containsKey(layer.group(2))) {
      return Optional.empty();
    }
    return Optional.of(
        to + layer.group(1) + "." + parts.get(layer.group(2)) + "." + layer.group(3));
  }

  private static Map<String, String> reversed(Map<String, String> names) {
    Map<String, String> reversed = new HashMap<>();
    names.forEach((from, to) -> reversed.put(to, from));
    return reversed;
  }
}
