package llava4j.checkpoint.gguf;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.error.BadInputException;

/// The key-value part of a GGUF file. Values are Long (every integer type), Double (every float
/// type), Boolean, String, or List of these.
public final class GgufMetadata {
  private final Path file;
  private final SequencedMap<String, Object> values;

  GgufMetadata(Path file, SequencedMap<String, Object> values) {
    this.file = file;
    this.values = values;
  }

  public Path file() {
    return file;
  }

  /// All keys, in the order of the file.
  public SequencedMap<String, Object> values() {
    return Collections.unmodifiableSequencedMap(values);
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  public int integer(String key) {
    return get(key, Long.class)
        .map(Math::toIntExact)
        .orElseThrow(() ->
            new BadInputException(file + " lacks the key " + key + "; convert the model again"));
  }

  public int integer(String key, int otherwise) {
    return get(key, Long.class).map(Math::toIntExact).orElse(otherwise);
  }

  public double number(String key, double otherwise) {
    return get(key, Double.class).orElse(otherwise);
  }

  public boolean flag(String key, boolean otherwise) {
    return get(key, Boolean.class).orElse(otherwise);
  }

  public String text(String key, String otherwise) {
    return get(key, String.class).orElse(otherwise);
  }

  /// A list whose elements all have one type; empty where the key is absent.
  public <T> List<T> list(String key, Class<T> elementType) {
    List<?> list = get(key, List.class).orElse(List.of());
    for (Object element : list) {
      if (!elementType.isInstance(element)) {
        throw wrong(key, "a list of " + elementType.getSimpleName());
      }
    }
    return list.stream().map(elementType::cast).toList();
  }

  private <T> Optional<T> get(String key, Class<T> type) {
    Object value = values.get(key);
    if (value != null && !type.isInstance(value)) {
      throw wrong(key, type.getSimpleName());
    }
    return Optional.ofNullable(value).map(type::cast);
  }

  private BadInputException wrong(String key, String expected) {
    return new BadInputException(
        file + ": key " + key + " must hold " + expected + "; convert the model again");
  }
}
