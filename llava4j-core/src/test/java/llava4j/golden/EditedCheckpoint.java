package llava4j.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A copy of a golden checkpoint that a test changes.
public record EditedCheckpoint(Path folder) {
  private static final JsonMapper JSON = new JsonMapper();

  /// Copies a folder with all that is in it.
  public static EditedCheckpoint copy(Path source, Path target) {
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path copy = target.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.write(copy, Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new EditedCheckpoint(target);
  }

  /// Changes a JSON file; one that is not there begins empty.
  public EditedCheckpoint json(String name, Consumer<ObjectNode> change) {
    Path file = folder.resolve(name);
    ObjectNode root =
        Files.exists(file) ? (ObjectNode) JSON.readTree(file.toFile()) : JSON.createObjectNode();
    change.accept(root);
    return text(name, JSON.writeValueAsString(root));
  }

  public EditedCheckpoint text(String name, String content) {
    try {
      Files.writeString(folder.resolve(name), content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public EditedCheckpoint delete(String name) {
    try {
      Files.delete(folder.resolve(name));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Sets a row of an F32 or BF16 matrix to a multiple of another row, in whichever safetensors
  /// file has the matrix.
  public EditedCheckpoint multiplyRow(String tensor, int row, int of, float factor) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".safetensors")).toList()) {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = Math.toIntExact(bytes.getLong(0));
        JsonNode entry =
            JSON.readTree(new String(bytes.array(), 8, headerLength, StandardCharsets.UTF_8))
                .path(tensor);
        if (entry.isMissingNode()) {
          continue;
        }
        boolean wide = entry.get("dtype").asString().equals("F32");
        if (!wide && !entry.get("dtype").asString().equals("BF16")) {
          throw new AssertionError(tensor + " is neither F32 nor BF16");
        }
        int dim = entry.get("shape").get(1).asInt();
        int begin = 8 + headerLength + entry.get("data_offsets").get(0).asInt();
        for (int i = 0; i < dim; i++) {
          if (wide) {
            float value = bytes.getFloat(begin + 4 * (of * dim + i));
            bytes.putFloat(begin + 4 * (row * dim + i), factor * value);
          } else {
            short half = bytes.getShort(begin + 2 * (of * dim + i));
            float value = factor * Float.intBitsToFloat(half << 16);
            bytes.putShort(
                begin + 2 * (row * dim + i), (short) (Float.floatToRawIntBits(value) >>> 16));
          }
        }
        Files.write(file, bytes.array());
        return this;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError(folder + " has no " + tensor);
  }
}
