package llava4j.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;

/// Reads the pickle inside a torch archive without executing anything: a closed list of names is
/// understood, every other one is refused by name. Gives dictionaries, lists, strings, numbers, and
/// descriptions of tensors.
final class PickleReader {
  private static final int MAX_OBJECTS = 20_000_000;

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

  /// Stands between the operands of an operation on the stack.
  private enum Marker {
    MARK
  }

  /// Python's None, and objects that nobody here looks at.
  enum Opaque {
    NONE
  }

  /// The functions and classes that a pickle of tensors calls.
  private enum Callable {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER,
    SIZE
  }

  /// A block of elements in another entry of the archive.
  record StorageRef(DType type, String key, long numElements) {}

  /// A strided view of a storage.
  record TensorRef(StorageRef storage, long offset, List<Long> shape, List<Long> strides) {}

  private final ByteBuffer bytes;
  private final String where;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private int objects;

  private PickleReader(byte[] bytes, String where) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.where = where;
  }

  /// The object that a pickle describes.
  static Object read(byte[] bytes, String where) {
    PickleReader reader = new PickleReader(bytes, where);
    try {
      return reader.run();
    } catch (java.nio.BufferUnderflowException
        | java.util.NoSuchElementException
        | ClassCastException e) {
      throw reader.broken("it ends early or is damaged near byte " + reader.bytes.position());
    }
  }

  private Object run() {
    while (true) {
      int opcode = bytes.get() & 0xFF;
      if (opcode == '.') {
        return stack.pop();
      }
      if (++objects > MAX_OBJECTS) {
        throw broken("it has more than " + MAX_OBJECTS + " objects");
      }
      step(opcode);
    }
  }

  private void step(int opcode) {
    switch (opcode) {
      case 0x80 -> bytes.get(); // PROTO
      case 0x95 -> bytes.getLong(); // FRAME
      case '(' -> stack.push(Marker.MARK);
      case '0' -> stack.pop(); // POP
      case 'N' -> stack.push(Opaque.NONE);
      case 0x88 -> stack.push(true);
      case 0x89 -> stack.push(false);
      case 'K' -> stack.push((long) (bytes.get() & 0xFF)); // BININT1
      case 'M' -> stack.push((long) (bytes.getShort() & 0xFFFF)); // BININT2
      case 'J' -> stack.push((long) bytes.getInt()); // BININT
      case 0x8A -> stack.push(longOf(bytes.get() & 0xFF)); // LONG1
      case 'G' ->
          stack.push(Double.longBitsToDouble(Long.reverseBytes(bytes.getLong()))); // BINFLOAT
      case 'X' -> stack.push(string(bytes.getInt())); // BINUNICODE
      case 0x8C -> stack.push(string(bytes.get() & 0xFF)); // SHORT_BINUNICODE
      case '}' -> stack.push(new LinkedHashMap<>());
      case ']', ')' -> stack.push(new ArrayList<>()); // EMPTY_LIST, EMPTY_TUPLE
      case 't' -> stack.push(popToMark()); // TUPLE
      case 0x85 -> stack.push(popTuple(1));
      case 0x86 -> stack.push(popTuple(2));
      case 0x87 -> stack.push(popTuple(3));
      case 'a' -> append(popTuple(1)); // APPEND
      case 'e' -> append(popToMark()); // APPENDS
      case 's' -> setItems(popTuple(2)); // SETITEM
      case 'u' -> setItems(popToMark()); // SETITEMS
      case 'q' -> memo.put(bytes.get() & 0xFF, stack.peek()); // BINPUT
      case 'r' -> memo.put(bytes.getInt(), stack.peek()); // LONG_BINPUT
      case 0x94 -> memo.put(memo.size(), stack.peek()); // MEMOIZE
      case 'h' -> stack.push(remembered(bytes.get() & 0xFF)); // BINGET
      case 'j' -> stack.push(remembered(bytes.getInt())); // LONG_BINGET
      case 'c' -> stack.push(global(line(), line())); // GLOBAL
      case 0x93 -> { // STACK_GLOBAL
        String name = (String) stack.pop();
        stack.push(global((String) stack.pop(), name));
      }
      case 'Q' -> stack.push(storage((List<?>) stack.pop())); // BINPERSID
      case 'R' -> { // REDUCE
        List<?> arguments = (List<?>) stack.pop();
        stack.push(call((Callable) stack.pop(), arguments));
      }
      case 'b' -> stack.pop(); // BUILD: attributes such as state_dict's _metadata mean nothing here
      default ->
          throw broken("it uses operation " + opcode + ", which pickles of tensors do not need");
    }
  }

  private Object global(String module, String name) {
    String full = module + "." + name;
    return switch (full) {
      case "collections.OrderedDict" -> Callable.ORDERED_DICT;
      case "torch._utils._rebuild_tensor_v2" -> Callable.REBUILD_TENSOR;
      case "torch._utils._rebuild_parameter" -> Callable.REBUILD_PARAMETER;
      case "torch.Size" -> Callable.SIZE;
      default -> {
        DType type = module.equals("torch") ? STORAGES.get(name) : null;
        if (type == null) {
          throw broken(
              "it wants to call "
                  + full
                  + ", which is no part of a plain checkpoint and is never executed");
        }
        yield type;
      }
    };
  }

  private Object call(Callable function, List<?> arguments) {
    return switch (function) {
      case ORDERED_DICT -> new LinkedHashMap<>();
      case SIZE -> arguments.getFirst();
      case REBUILD_PARAMETER -> arguments.getFirst();
      case REBUILD_TENSOR -> {
        if (arguments.size() < 4) {
          throw broken("a tensor has " + arguments.size() + " of its properties");
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
  private StorageRef storage(List<?> id) {
    if (id.size() < 5 || !"storage".equals(id.getFirst())) {
      throw broken("it refers to something that is no storage");
    }
    return new StorageRef((DType) id.get(1), (String) id.get(2), (Long) id.get(4));
  }

  private List<Long> longs(Object list) {
    List<Long> values = new ArrayList<>();
    for (Object value : (List<?>) list) {
      values.add((Long) value);
    }
    return values;
  }

  private List<Object> popToMark() {
    List<Object> items = new ArrayList<>();
    while (stack.peek() != Marker.MARK) {
      items.add(stack.pop());
    }
    stack.pop();
    return items.reversed();
  }

  private List<Object> popTuple(int size) {
    List<Object> items = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      items.add(stack.pop());
    }
    return items.reversed();
  }

  @SuppressWarnings("unchecked") // every list and map here was made above, of objects
  private void append(List<Object> items) {
    ((List<Object>) stack.getFirst()).addAll(items);
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<Object> items) {
    Map<Object, Object> map = (Map<Object, Object>) stack.getFirst();
    for (int i = 0; i + 1 < items.size(); i += 2) {
      Object key = items.get(i);
      // Only plain keys: hashing a container that holds itself would not end.
      map.put(key instanceof String || key instanceof Long ? key : Opaque.NONE, items.get(i + 1));
    }
  }

  private Object remembered(int slot) {
    Object value = memo.get(slot);
    if (value == null) {
      throw broken("it recalls object " + slot + " before naming it");
    }
    return value;
  }

  private long longOf(int length) {
    long value = 0;
    for (int i = 0; i < length; i++) {
      long part = bytes.get();
      if (i < Long.BYTES) {
        boolean last = i == length - 1;
        value |= (last ? part : part & 0xFF) << (8 * i);
      }
    }
    return value;
  }

  private String string(int length) {
    if (length < 0 || length > bytes.remaining()) {
      throw broken("a text claims " + length + " bytes where " + bytes.remaining() + " are left");
    }
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (char c = (char) bytes.get(); c != '\n'; c = (char) bytes.get()) {
      line.append(c);
    }
    return line.toString();
  }

  private BadInputException broken(String what) {
    return new BadInputException(
        where + " is not a sound torch checkpoint: " + what + "; fetch it again");
  }
}
