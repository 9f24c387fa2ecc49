package llava4j.checkpoint.torch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.pickle.PickleNames;
import llava4j.pickle.PickleReader;
import llava4j.tensor.DType;

/// The supported names in the pickle of a torch archive. Tensors are read as descriptions.
final class TensorPickle implements PickleNames {
  private static final Map<String, DType> STORAGES =
      Map.of(
          "HalfStorage", DType.F16,
          "BFloat16Storage", DType.BF16,
          "FloatStorage", DType.F32,
          "DoubleStorage", DType.F64,
          "LongStorage", DType.I64,
          "IntStorage", DType.I32,
          "ShortStorage", DType.I16,
          "CharStorage", DType.I8,
          "ByteStorage", DType.U8,
          "BoolStorage", DType.BOOL);

  /// The functions and classes that occur in a pickle of tensors.
  private enum Function {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER,
    SIZE
  }

  /// A block of elements, stored in another entry of the archive.
  record StorageRef(DType type, String key, long numElements) {}

  /// A strided view of a storage.
  record TensorRef(StorageRef storage, long offset, List<Long> shape, List<Long> strides) {}

  private TensorPickle() {}

  /// The object that a pickle describes.
  static Object read(byte[] bytes, String where) {
    return PickleReader.read(bytes, where, new TensorPickle());
  }

  @Override
  public String kind() {
    return "torch checkpoint";
  }

  @Override
  public Optional<Object> named(String module, String name) {
    return switch (module + "." + name) {
      case "collections.OrderedDict" -> Optional.of(Function.ORDERED_DICT);
      case "torch._utils._rebuild_tensor_v2" -> Optional.of(Function.REBUILD_TENSOR);
      case "torch._utils._rebuild_parameter" -> Optional.of(Function.REBUILD_PARAMETER);
      case "torch.Size" -> Optional.of(Function.SIZE);
      default ->
          module.equals("torch") ? Optional.ofNullable(STORAGES.get(name)) : Optional.empty();
    };
  }

  @Override
  public Object call(Object function, List<?> arguments) {
    return switch ((Function) function) {
      case ORDERED_DICT -> new LinkedHashMap<>();
      case SIZE, REBUILD_PARAMETER -> arguments.getFirst();
      case REBUILD_TENSOR -> {
        if (arguments.size() < 4) {
          throw new IllegalArgumentException(
              "a tensor has " + arguments.size() + " of its properties");
        }
        yield new TensorRef(
            (StorageRef) arguments.get(0),
            (Long) arguments.get(1),
            longs(arguments.get(2)),
            longs(arguments.get(3)));
      }
    };
  }

  /// ("storage", type, key, location, number of elements)
  @Override
  public Object outside(Object id) {
    List<?> parts = (List<?>) id;
    if (parts.size() < 5 || !"storage".equals(parts.getFirst())) {
      throw new IllegalArgumentException("it refers to something that is not a storage");
    }
    return new StorageRef((DType) parts.get(1), (String) parts.get(2), (Long) parts.get(4));
  }

  private static List<Long> longs(Object list) {
    List<Long> values = new ArrayList<>();
    for (Object value : (List<?>) list) {
      values.add((Long) value);
    }
    return values;
  }
}
