package llava4j.checkpoint.gguf;

import java.util.List;

/// One metadata value with its type in the file, so that it is written with the same type.
public sealed interface GgufValue {

  /// The type in the file.
  GgufValueType type();

  /// An integer of any width; a UINT64 above the range of `long` is negative here.
  record Whole(GgufValueType type, long value) implements GgufValue {}

  /// A FLOAT32 or FLOAT64.
  record Real(GgufValueType type, double value) implements GgufValue {}

  record Flag(boolean value) implements GgufValue {
    @Override
    public GgufValueType type() {
      return GgufValueType.BOOL;
    }
  }

  record Text(String value) implements GgufValue {
    @Override
    public GgufValueType type() {
      return GgufValueType.STRING;
    }
  }

  /// An array of integers.
  record Wholes(GgufValueType elementType, List<Long> values) implements GgufValue {
    public Wholes {
      values = List.copyOf(values);
    }

    @Override
    public GgufValueType type() {
      return GgufValueType.ARRAY;
    }
  }

  /// An array of floating point numbers.
  record Reals(GgufValueType elementType, List<Double> values) implements GgufValue {
    public Reals {
      values = List.copyOf(values);
    }

    @Override
    public GgufValueType type() {
      return GgufValueType.ARRAY;
    }
  }

  record Flags(List<Boolean> values) implements GgufValue {
    public Flags {
      values = List.copyOf(values);
    }

    @Override
    public GgufValueType type() {
      return GgufValueType.ARRAY;
    }
  }

  record Texts(List<String> values) implements GgufValue {
    public Texts {
      values = List.copyOf(values);
    }

    @Override
    public GgufValueType type() {
      return GgufValueType.ARRAY;
    }
  }

  /// An array of arrays.
  record Arrays(List<GgufValue> values) implements GgufValue {
    public Arrays {
      values = List.copyOf(values);
    }

    @Override
    public GgufValueType type() {
      return GgufValueType.ARRAY;
    }
  }

  static GgufValue uint32(long value) {
    return new Whole(GgufValueType.UINT32, value);
  }

  /// A FLOAT32.
  static GgufValue float32(double value) {
    return new Real(GgufValueType.FLOAT32, (float) value);
  }

  /// An array of FLOAT32.
  static GgufValue float32s(List<Double> values) {
    return new Reals(
        GgufValueType.FLOAT32, values.stream().map(value -> (double) value.floatValue()).toList());
  }

  /// An array of INT32.
  static GgufValue int32s(List<Long> values) {
    return new Wholes(GgufValueType.INT32, values);
  }
}
