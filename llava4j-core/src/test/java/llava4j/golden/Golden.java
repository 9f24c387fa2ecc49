package llava4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The folder of reference outputs: property `llava4j.golden`, or the subset among the test
/// resources.
///
/// MANIFEST.json of that folder is the list of what must be there. A file that the manifest names
/// and the folder lacks fails the test that asks for it. Reads safetensors by its own few lines, so
/// that our reader is not its own witness.
public final class Golden {
  private static final JsonMapper JSON = new JsonMapper();

  private Golden() {}

  /// The folder in use.
  public static Path root() {
    String property = System.getProperty("llava4j.golden", "");
    if (!property.isBlank()) {
      Path folder = Path.of(property);
      assertThat(folder.resolve("MANIFEST.json")).as("llava4j.golden=" + property).isRegularFile();
      return folder;
    }
    return committedRoot();
  }

  private static Path committedRoot() {
    try {
      return Path.of(Golden.class.getResource("/golden/MANIFEST.json").toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /// A file or folder of the subset among the test resources, whichever set is in use: for what was
  /// recorded on exactly those weights, such as the answers of `cases/`.
  public static Path committed(String relative) {
    Path path = committedRoot().resolve(relative);
    if (!Files.exists(path)) {
      fail("the subset among the test resources lacks " + path);
    }
    return path;
  }

  /// A file or folder of the golden set; its absence fails the test.
  public static Path path(String relative) {
    Path path = root().resolve(relative);
    if (!Files.exists(path)) {
      fail("golden file missing: " + path);
    }
    return path;
  }

  /// Names in the manifest that start with `prefix`, in its order; none at all fails the test.
  public static List<String> files(String prefix) {
    List<String> names =
        json("MANIFEST.json").get("files").propertyNames().stream()
            .filter(name -> name.startsWith(prefix))
            .toList();
    assertThat(names).as("files of the manifest under " + prefix).isNotEmpty();
    return names;
  }

  /// Whether the manifest names this file. Only a manifest that calls itself a subset may leave
  /// anything out: in any other, what a test asks for and the manifest lacks fails the test.
  public static boolean lists(String name) {
    JsonNode manifest = json("MANIFEST.json");
    boolean listed = manifest.get("files").has(name);
    if (!listed && !isSubset() && manifest.path("complete").asBoolean(false)) {
      boolean known =
          name.startsWith("images/") || name.startsWith("preprocess/") || name.startsWith("gguf/");
      assertThat(known).as("the golden set at " + root() + " lacks " + name).isTrue();
    }
    return listed;
  }

  /// Whether the manifest calls its set a subset of what is compared elsewhere.
  public static boolean isSubset() {
    return json("MANIFEST.json").path("subset").asBoolean(false);
  }

  /// Those of some model folders whose weights this set has, which are all of them: a subset alone
  /// may leave out `hf`, whose weights are those of `original` under other names.
  public static List<String> models(String... folders) {
    JsonNode manifest = json("MANIFEST.json");
    List<String> there =
        Stream.of(folders)
            .filter(folder ->
                manifest.get("files").propertyNames().stream()
                    .anyMatch(name ->
                        name.startsWith(folder + "/") && name.matches(".*\\.(safetensors|bin)")))
            .toList();
    boolean subset = isSubset();
    assertThat(there)
        .as("models of the golden set at " + root())
        .contains(
            Stream.of(folders)
                .filter(folder -> !subset || !folder.equals("hf"))
                .toArray(String[]::new));
    return there;
  }

  public static JsonNode json(String relative) {
    return JSON.readTree(path(relative).toFile());
  }

  /// One JSON value per line.
  public static List<JsonNode> jsonl(String relative) {
    try (Stream<String> lines = Files.lines(path(relative))) {
      return lines.filter(line -> !line.isBlank()).map(JSON::readTree).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  /// All tensors of a safetensors file.
  public static Map<String, GoldenTensor> tensors(String relative) {
    try {
      ByteBuffer file =
          ByteBuffer.wrap(Files.readAllBytes(path(relative))).order(ByteOrder.LITTLE_ENDIAN);
      int headerLength = Math.toIntExact(file.getLong(0));
      JsonNode header =
          JSON.readTree(new String(file.array(), 8, headerLength, StandardCharsets.UTF_8));
      Map<String, GoldenTensor> tensors = new LinkedHashMap<>();
      header.forEachEntry((name, entry) -> {
        if (!name.equals("__metadata__")) {
          int begin = Math.toIntExact(entry.get("data_offsets").get(0).asLong());
          int end = Math.toIntExact(entry.get("data_offsets").get(1).asLong());
          long[] shape = new long[entry.get("shape").size()];
          for (int i = 0; i < shape.length; i++) {
            shape[i] = entry.get("shape").get(i).asLong();
          }
          ByteBuffer data =
              file.slice(8 + headerLength + begin, end - begin).order(ByteOrder.LITTLE_ENDIAN);
          tensors.put(name, new GoldenTensor(entry.get("dtype").asString(), shape, data));
        }
      });
      return tensors;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Prints one line for a numeric check and asserts it.
  public static void check(String what, double worst, double tolerance) {
    System.out.printf("golden %-64s worst %.3g (tolerance %.3g)%n", what, worst, tolerance);
    assertThat(worst).as(what).isLessThanOrEqualTo(tolerance);
  }

  /// Prints one line for a check that admits no difference: how many things were compared, how many
  /// differ.
  public static void checkExact(String what, long compared, long different) {
    System.out.printf("golden %-64s %d compared, %d differ%n", what, compared, different);
    assertThat(compared).as(what + ": things compared").isPositive();
    assertThat(different).as(what + ": things that differ").isZero();
  }

  /// One reference tensor. `data` is little-endian, row-major.
  @SuppressWarnings("ArrayRecordComponent") // read and dropped by one test; never a key, never kept
  public record GoldenTensor(String dtype, long[] shape, ByteBuffer data) {
    public int numElements() {
      long product = 1;
      for (long dim : shape) {
        product *= dim;
      }
      return Math.toIntExact(product);
    }

    public float[] floats() {
      assertThat(dtype).isEqualTo("F32");
      float[] values = new float[numElements()];
      data.asFloatBuffer().get(0, values);
      return values;
    }

    public long[] longs() {
      assertThat(dtype).isEqualTo("I64");
      long[] values = new long[numElements()];
      data.asLongBuffer().get(0, values);
      return values;
    }

    public byte[] bytes() {
      byte[] values = new byte[data.remaining()];
      data.get(data.position(), values);
      return values;
    }
  }
}
