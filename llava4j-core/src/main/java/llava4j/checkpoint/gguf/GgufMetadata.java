package llava4j.checkpoint.gguf;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Supplier;
import llava4j.checkpoint.gguf.GgufValue.Flag;
import llava4j.checkpoint.gguf.GgufValue.Real;
import llava4j.checkpoint.gguf.GgufValue.Reals;
import llava4j.checkpoint.gguf.GgufValue.Text;
import llava4j.checkpoint.gguf.GgufValue.Texts;
import llava4j.checkpoint.gguf.GgufValue.Whole;
import llava4j.checkpoint.gguf.GgufValue.Wholes;
import llava4j.error.BadInputException;

/// The key-value pairs of a GGUF file. Errors name the file and the missing key or wrong value.
public final class GgufMetadata {
  private final Path file;
  private final SequencedMap<String, GgufValue> values;

  GgufMetadata(Path file, SequencedMap<String, GgufValue> values) {
    this.file = file;
    this.values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
  }

  /// All pairs in file order.
  public SequencedMap<String, GgufValue> values() {
    return values;
  }

  public Optional<GgufValue> find(String key) {
    return Optional.ofNullable(values.get(key));
  }

  public String text(String key) {
    return findText(key).orElseThrow(() -> missing(key));
  }

  public Optional<String> findText(String key) {
    return find(key)
        .map(value -> {
          if (value instanceof Text(String text)) {
            return text;
          }
          throw wrongKind(key, "a string", value);
        });
  }

  /// A count that fits an `int`, at least 1.
  public int count(String key) {
    return Math.toIntExact(findCount(key).orElseThrow(() -> missing(key)));
  }

  /// A count that fits an `int`, at least 1.
  public OptionalLong findCount(String key) {
    OptionalLong whole = findWhole(key);
    if (whole.isPresent() && (whole.getAsLong() < 1 || whole.getAsLong() > Integer.MAX_VALUE)) {
      throw new BadInputException(
          file + ": " + key + " is " + whole.getAsLong() + ", which is not a valid count");
    }
    return whole;
  }

  public OptionalLong findWhole(String key) {
    GgufValue value = values.get(key);
    if (value == null) {
      return OptionalLong.empty();
    }
    if (value instanceof Whole(_, long whole)) {
      return OptionalLong.of(whole);
    }
    throw wrongKind(key, "an integer", value);
  }

  public double real(String key) {
    return findReal(key).orElseThrow(() -> missing(key));
  }

  /// A finite number; integers are accepted too.
  public OptionalDouble findReal(String key) {
    GgufValue value = values.get(key);
    if (value == null) {
      return OptionalDouble.empty();
    }
    if (value instanceof Whole(_, long whole)) {
      return OptionalDouble.of((double) whole);
    }
    if (value instanceof Real(_, double real) && Double.isFinite(real)) {
      return OptionalDouble.of(real);
    }
    throw wrongKind(key, "a finite number", value);
  }

  public Optional<Boolean> findFlag(String key) {
    return find(key)
        .map(value -> {
          if (value instanceof Flag(boolean flag)) {
            return flag;
          }
          throw wrongKind(key, "true or false", value);
        });
  }

  public Optional<List<String>> findTexts(String key) {
    return find(key)
        .map(value -> {
          if (value instanceof Texts(List<String> texts)) {
            return texts;
          }
          throw wrongKind(key, "an array of strings", value);
        });
  }

  public Optional<List<Long>> findWholes(String key) {
    return find(key)
        .map(value -> {
          if (value instanceof Wholes(_, List<Long> wholes)) {
            return wholes;
          }
          throw wrongKind(key, "an array of integers", value);
        });
  }

  public Optional<List<Double>> findReals(String key) {
    return find(key)
        .map(value -> {
          if (value instanceof Reals(_, List<Double> reals)) {
            return reals;
          }
          throw wrongKind(key, "an array of floating point numbers", value);
        });
  }

  /// The result of `reader`; its error messages are completed with the file.
  <T> T read(Supplier<T> reader) {
    try {
      return reader.get();
    } catch (BadInputException e) {
      throw e.getMessage().startsWith(file.toString())
          ? e
          : new BadInputException(file + ": " + e.getMessage() + "; convert the model again", e);
    }
  }

  BadInputException missing(String key) {
    return new BadInputException(
        file + " lacks the metadata key " + key + "; convert the model again with a current tool");
  }

  private BadInputException wrongKind(String key, String expected, GgufValue found) {
    return new BadInputException(
        file
            + ": metadata key "
            + key
            + " must be "
            + expected
            + ", but it is "
            + describe(found)
            + "; convert the model again");
  }

  private static String describe(GgufValue value) {
    return switch (value) {
      case Whole(GgufValueType type, long whole) -> "the " + type + " " + whole;
      case Real(GgufValueType type, double real) -> "the " + type + " " + real;
      case Flag(boolean flag) -> "the BOOL " + flag;
      case Text _ -> "a STRING";
      case Wholes(GgufValueType type, List<Long> all) -> all.size() + " values " + type;
      case Reals(GgufValueType type, List<Double> all) -> all.size() + " values " + type;
      case GgufValue.Flags(List<Boolean> all) -> all.size() + " values BOOL";
      case Texts(List<String> all) -> all.size() + " values STRING";
      case GgufValue.Arrays(List<GgufValue> all) -> all.size() + " arrays";
    };
  }
}
