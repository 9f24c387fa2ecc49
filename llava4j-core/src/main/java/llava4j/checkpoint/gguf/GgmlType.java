package llava4j.checkpoint.gguf;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import llava4j.tensor.DType;

/// The types of tensors in GGUF: plain types, and blocks of values that share their scales.
///
/// Sizes and ids are those of ggml. Unsupported types are listed too, so that a file with such a
/// type is refused by name.
public enum GgmlType {
  F32(0, 1, 4, Support.VIEW),
  F16(1, 1, 2, Support.VIEW),
  Q4_0(2, 32, 18, Support.DECODE),
  Q4_1(3, 32, 20, Support.DECODE),
  Q5_0(6, 32, 22, Support.DECODE),
  Q5_1(7, 32, 24, Support.DECODE),
  Q8_0(8, 32, 34, Support.DECODE),
  Q8_1(9, 32, 36, Support.NONE),
  Q2_K(10, 256, 84, Support.DECODE),
  Q3_K(11, 256, 110, Support.DECODE),
  Q4_K(12, 256, 144, Support.DECODE),
  Q5_K(13, 256, 176, Support.DECODE),
  Q6_K(14, 256, 210, Support.DECODE),
  Q8_K(15, 256, 292, Support.NONE),
  IQ2_XXS(16, 256, 66, Support.NONE),
  IQ2_XS(17, 256, 74, Support.NONE),
  IQ3_XXS(18, 256, 98, Support.NONE),
  IQ1_S(19, 256, 50, Support.NONE),
  IQ4_NL(20, 32, 18, Support.NONE),
  IQ3_S(21, 256, 110, Support.NONE),
  IQ2_S(22, 256, 82, Support.NONE),
  IQ4_XS(23, 256, 136, Support.NONE),
  I8(24, 1, 1, Support.NONE),
  I16(25, 1, 2, Support.NONE),
  I32(26, 1, 4, Support.NONE),
  I64(27, 1, 8, Support.NONE),
  F64(28, 1, 8, Support.NONE),
  IQ1_M(29, 256, 56, Support.NONE),
  BF16(30, 1, 2, Support.VIEW),
  TQ1_0(34, 256, 54, Support.NONE),
  TQ2_0(35, 256, 66, Support.NONE),
  MXFP4(39, 32, 17, Support.NONE);

  /// How we read a type.
  enum Support {
    /// Elements are used in place.
    VIEW,
    /// Blocks are decoded to F32 when the tensor is loaded.
    DECODE,
    /// Refused by name.
    NONE
  }

  private final int id;
  private final int blockValues;
  private final int blockBytes;
  private final Support support;

  GgmlType(int id, int blockValues, int blockBytes, Support support) {
    this.id = id;
    this.blockValues = blockValues;
    this.blockBytes = blockBytes;
    this.support = support;
  }

  /// ggml's number of this type.
  public int id() {
    return id;
  }

  /// Numbers in one block.
  public int blockValues() {
    return blockValues;
  }

  /// Bytes of one block.
  public int blockBytes() {
    return blockBytes;
  }

  Support support() {
    return support;
  }

  /// Whether tensors of this type can be loaded.
  public boolean isReadable() {
    return support != Support.NONE;
  }

  /// The type of the loaded tensor.
  public DType loadsAs() {
    return switch (this) {
      case F16 -> DType.F16;
      case BF16 -> DType.BF16;
      case F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K -> DType.F32;
      case IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, IQ3_S, IQ2_S, IQ4_XS, IQ1_M -> DType.F32;
      case TQ1_0, TQ2_0, MXFP4 -> DType.F32;
      case I8 -> DType.I8;
      case I16 -> DType.I16;
      case I32 -> DType.I32;
      case I64 -> DType.I64;
      case F64 -> DType.F64;
    };
  }

  /// Bytes of `numValues` values, which must be whole blocks; fails on overflow.
  public long bytesOf(long numValues) {
    return Math.multiplyExact(numValues / blockValues, (long) blockBytes);
  }

  /// The type with ggml's number `id`; empty for numbers unknown or retired.
  public static Optional<GgmlType> ofId(long id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }

  /// The names of all types that can be loaded, for messages.
  static String readableNames() {
    return Arrays.stream(values())
        .filter(GgmlType::isReadable)
        .map(GgmlType::name)
        .collect(Collectors.joining(", "));
  }
}
