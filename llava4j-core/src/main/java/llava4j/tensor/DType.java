package llava4j.tensor;

import llava4j.error.BadInputException;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Element types of checkpoints, with their safetensors names.
public enum DType {
  F64(8, ScalarType.Double),
  F32(4, ScalarType.Float),
  F16(2, ScalarType.Half),
  BF16(2, ScalarType.BFloat16),
  I64(8, ScalarType.Long),
  I32(4, ScalarType.Int),
  I16(2, ScalarType.Short),
  I8(1, ScalarType.Char),
  U8(1, ScalarType.Byte),
  BOOL(1, ScalarType.Bool);

  private final int bytes;
  private final torch.ScalarType scalarType;

  DType(int bytes, torch.ScalarType scalarType) {
    this.bytes = bytes;
    this.scalarType = scalarType;
  }

  /// Bytes of one element.
  public int bytes() {
    return bytes;
  }

  /// libtorch's constant for this type.
  public torch.ScalarType scalarType() {
    return scalarType;
  }

  public boolean isFloatingPoint() {
    return switch (this) {
      case F64, F32, F16, BF16 -> true;
      case I64, I32, I16, I8, U8, BOOL -> false;
    };
  }

  /// The constant for libtorch's type.
  public static DType of(torch.ScalarType scalarType) {
    ScalarType wanted = scalarType.intern();
    for (DType type : values()) {
      if (type.scalarType == wanted) {
        return type;
      }
    }
    throw new BadInputException(
        "tensors of type " + wanted + " are not supported; convert them to F32, F16 or BF16");
  }
}
