package llava4j.tensor;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Converts between Java arrays and libtorch tensors, and checks shapes.
public final class Tensors {
  private Tensors() {}

  /// A CPU tensor with a copy of `values`, row-major.
  public static Tensor ofFloats(float[] values, long... shape) {
    requireElements(values.length, shape);
    Tensor tensor = torch.empty(shape, options(DType.F32), new MemoryFormatOptional());
    if (values.length > 0) {
      new FloatPointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  /// A CPU tensor of I64 with a copy of `values`, row-major.
  public static Tensor ofLongs(long[] values, long... shape) {
    requireElements(values.length, shape);
    Tensor tensor = torch.empty(shape, options(DType.I64), new MemoryFormatOptional());
    if (values.length > 0) {
      new LongPointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  /// Token ids as a CPU tensor. `[tokens]`
  public static Tensor ofIds(int[] ids) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return ofLongs(wide, wide.length);
  }

  /// Copies any floating point tensor, on any device, into a row-major array.
  public static float[] toFloats(Tensor tensor) {
    try (Scope _ = new Scope()) {
      Tensor host =
          tensor.to(new org.bytedeco.pytorch.Device("cpu"), DType.F32.scalarType()).contiguous();
      float[] values = new float[Math.toIntExact(host.numel())];
      if (values.length > 0) {
        new FloatPointer(host.data_ptr()).get(values);
      }
      return values;
    }
  }

  /// Copies a tensor of integers, on any device, into a row-major array.
  public static long[] toLongs(Tensor tensor) {
    try (Scope _ = new Scope()) {
      Tensor host =
          tensor.to(new org.bytedeco.pytorch.Device("cpu"), DType.I64.scalarType()).contiguous();
      long[] values = new long[Math.toIntExact(host.numel())];
      if (values.length > 0) {
        new LongPointer(host.data_ptr()).get(values);
      }
      return values;
    }
  }

  /// Converts to fp32 (fp64 stays fp64), for sums and differences that need more than bfloat16's
  /// precision.
  public static Tensor exact(Tensor tensor) {
    return type(tensor) == DType.F64 ? tensor : tensor.to(DType.F32.scalarType());
  }

  public static TensorOptions options(DType type) {
    return new TensorOptions().dtype(new ScalarTypeOptional(type.scalarType()));
  }

  public static TensorOptions options(DType type, Device device) {
    return options(type).device(new DeviceOptional(device.torchDevice()));
  }

  /// `tensor` on `device` with type `type`; the same tensor if nothing changes.
  public static Tensor to(Tensor tensor, Device device, DType type) {
    return tensor.to(device.torchDevice(), type.scalarType());
  }

  /// `tensor` on `device`; the same tensor if it is there.
  public static Tensor to(Tensor tensor, Device device) {
    return to(tensor, device, type(tensor));
  }

  public static DType type(Tensor tensor) {
    return DType.of(tensor.scalar_type());
  }

  public static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  /// Joins tensors along `dim`.
  public static Tensor concatenate(List<Tensor> parts, long dim) {
    return parts.size() == 1
        ? parts.get(0)
        : torch.cat(new TensorVector(parts.toArray(new Tensor[0])), dim);
  }

  /// An optional argument of a libtorch function; null means absent.
  public static TensorOptional optional(Tensor tensorOrNull) {
    return tensorOrNull == null ? new TensorOptional() : new TensorOptional(tensorOrNull);
  }

  public static DoubleOptional optional(double value) {
    return new DoubleOptional(value);
  }

  /// Fails with a message about `what` if the tensor has another shape; -1 matches any size.
  public static Tensor requireShape(String what, Tensor tensor, long... expected) {
    long[] found = shape(tensor);
    boolean matches = found.length == expected.length;
    for (int i = 0; matches && i < found.length; i++) {
      matches = expected[i] == -1 || expected[i] == found[i];
    }
    if (!matches) {
      throw new IllegalArgumentException(
          what
              + " must have shape "
              + Arrays.toString(expected)
              + " (-1 = any), not "
              + Arrays.toString(found));
    }
    return tensor;
  }

  private static void requireElements(long found, long... shape) {
    long expected = 1;
    for (long dim : shape) {
      expected = Math.multiplyExact(expected, dim);
    }
    if (expected != found) {
      throw new IllegalArgumentException(
          found + " values do not fill shape " + Arrays.toString(shape));
    }
  }
}
