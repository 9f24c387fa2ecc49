import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/// Writes a model with random weights and the shapes of LLaVA-1.5-7B, in bf16, with the tokenizer of
/// the bundled model: `RandomModel BUNDLED FOLDER [LAYERS]`. What it answers means nothing; how fast
/// it answers is that of the 7B. 13.5 GB with all 32 layers.
final class RandomModel {
  private static final int HIDDEN = 4096;
  private static final int INNER = 11008;
  private static final int VOCABULARY = 32064;
  private static final int VISION = 1024;
  private static final int VISION_INNER = 4096;
  private static final int VISION_LAYERS = 24;
  private static final int BUFFER = 1 << 22;

  private final Map<String, int[]> shapes = new LinkedHashMap<>();

  private RandomModel() {}

  public static void main(String[] arguments) throws IOException {
    Path bundled = Path.of(arguments[0]);
    Path folder = Files.createDirectories(Path.of(arguments[1]));
    int layers = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 32;
    try (Stream<Path> files = Files.list(bundled)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.matches("(token|special|added|chat|generation).*")) {
          Files.copy(file, folder.resolve(name));
        }
      }
    }
    for (String name : List.of("preprocessor_config.json", "processor_config.json")) {
      String text = Files.readString(bundled.resolve(name)).replaceAll(": *84\\b", ": 336");
      Files.writeString(folder.resolve(name), text);
    }
    Files.writeString(
        folder.resolve("config.json"), config(Files.readString(bundled.resolve("config.json")), layers));
    RandomModel model = new RandomModel();
    model.language(layers);
    model.vision();
    model.write(folder.resolve("model.safetensors"));
  }

  /// The bundled model's, with the sizes of the 7B.
  private static String config(String bundled, int layers) {
    int vision = bundled.indexOf("\"vision_config\"");
    String text =
        set(bundled.substring(0, vision), "hidden_size", HIDDEN, "intermediate_size", INNER,
            "num_hidden_layers", layers, "num_attention_heads", 32, "num_key_value_heads", 32,
            "head_dim", 128, "vocab_size", VOCABULARY, "max_position_embeddings", 4096,
            "image_seq_length", 576, "vision_feature_layer", -2);
    String tower =
        set(bundled.substring(vision), "image_size", 336, "hidden_size", VISION,
            "intermediate_size", VISION_INNER, "num_hidden_layers", VISION_LAYERS,
            "num_attention_heads", 16, "projection_dim", 768);
    return (text + tower)
        .replaceAll("(\"tie_word_embeddings\" *: *)true", "$1false")
        .replace("\"float16\"", "\"bfloat16\"");
  }

  private static String set(String json, Object... pairs) {
    String changed = json;
    for (int i = 0; i < pairs.length; i += 2) {
      changed = changed.replaceAll("(\"" + pairs[i] + "\" *: *)-?\\d+", "$1" + pairs[i + 1]);
    }
    return changed;
  }

  private void language(int layers) {
    String model = "language_model.model.";
    add(model + "embed_tokens.weight", VOCABULARY, HIDDEN);
    for (int i = 0; i < layers; i++) {
      String layer = model + "layers." + i + ".";
      for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
        add(layer + "self_attn." + name + ".weight", HIDDEN, HIDDEN);
      }
      add(layer + "mlp.gate_proj.weight", INNER, HIDDEN);
      add(layer + "mlp.up_proj.weight", INNER, HIDDEN);
      add(layer + "mlp.down_proj.weight", HIDDEN, INNER);
      add(layer + "input_layernorm.weight", HIDDEN);
      add(layer + "post_attention_layernorm.weight", HIDDEN);
    }
    add(model + "norm.weight", HIDDEN);
    add("language_model.lm_head.weight", VOCABULARY, HIDDEN);
    linear("multi_modal_projector.linear_1", HIDDEN, VISION);
    linear("multi_modal_projector.linear_2", HIDDEN, HIDDEN);
  }

  private void vision() {
    String model = "vision_tower.vision_model.";
    add(model + "embeddings.class_embedding", VISION);
    add(model + "embeddings.patch_embedding.weight", VISION, 3, 14, 14);
    add(model + "embeddings.position_embedding.weight", 577, VISION);
    norm(model + "pre_layrnorm");
    norm(model + "post_layernorm");
    for (int i = 0; i < VISION_LAYERS; i++) {
      String layer = model + "encoder.layers." + i + ".";
      norm(layer + "layer_norm1");
      norm(layer + "layer_norm2");
      for (String name : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
        linear(layer + "self_attn." + name, VISION, VISION);
      }
      linear(layer + "mlp.fc1", VISION_INNER, VISION);
      linear(layer + "mlp.fc2", VISION, VISION_INNER);
    }
  }

  private void norm(String name) {
    add(name + ".weight", VISION);
    add(name + ".bias", VISION);
  }

  private void linear(String name, int rows, int columns) {
    add(name + ".weight", rows, columns);
    add(name + ".bias", rows);
  }

  private void add(String name, int... shape) {
    shapes.put(name, shape);
  }

  private void write(Path file) throws IOException {
    List<String> entries = new ArrayList<>();
    long offset = 0;
    for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
      long end = offset + 2 * size(tensor.getValue());
      entries.add(
          String.format(
              "\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
              tensor.getKey(), java.util.Arrays.toString(tensor.getValue()), offset, end));
      offset = end;
    }
    byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.UTF_8);
    int padded = (header.length + 7) / 8 * 8;
    byte[] noise = noise();
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).array());
      out.write(header);
      out.write(" ".repeat(padded - header.length).getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
        boolean scales = tensor.getKey().contains("norm") && tensor.getKey().endsWith("weight");
        byte[] source = scales ? ones() : noise;
        for (long left = 2 * size(tensor.getValue()); left > 0; left -= source.length) {
          out.write(source, 0, (int) Math.min(left, source.length));
        }
      }
    }
  }

  private static long size(int[] shape) {
    long size = 1;
    for (int one : shape) {
      size *= one;
    }
    return size;
  }

  /// Normally distributed, standard deviation 0.02, of odd length so that rows differ.
  private static byte[] noise() {
    Random random = new Random(17);
    ByteBuffer bytes = ByteBuffer.allocate(BUFFER + 2).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      bytes.putShort((short) (Float.floatToIntBits(0.02f * (float) random.nextGaussian()) >>> 16));
    }
    return bytes.array();
  }

  private static byte[] ones() {
    ByteBuffer bytes = ByteBuffer.allocate(2 * HIDDEN).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      bytes.putShort((short) (Float.floatToIntBits(1) >>> 16));
    }
    return bytes.array();
  }
}
