package llava4j.pickle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.error.BadInputException;

/// Reads a pickle of any protocol, including Python 2's text protocol, without executing anything:
/// only a fixed list of names is accepted, every other name is refused. The result consists of maps
/// for dictionaries, lists for lists and tuples, texts, longs, doubles, booleans, [Nothing], and
/// the values that [PickleNames] gives for names.
public final class PickleReader {
  private static final int MAX_OBJECTS = 20_000_000;

  /// Marks the start of the operands of an operation on the stack.
  private enum Marker {
    MARK
  }

  /// Python's None, and ignored objects.
  public enum Nothing {
    NONE
  }

  private final ByteBuffer bytes;
  private final PickleText text;
  private final String where;
  private final PickleNames names;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private int objects;

  private PickleReader(byte[] bytes, String where, PickleNames names) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.text = new PickleText(this.bytes);
    this.where = where;
    this.names = names;
  }

  /// The object that a pickle describes.
  ///
  /// @param where the name of the file in messages
  public static Object read(byte[] bytes, String where, PickleNames names) {
    PickleReader reader = new PickleReader(bytes, where, names);
    try {
      return reader.run();
    } catch (NumberFormatException
        | java.nio.BufferUnderflowException
        | java.util.NoSuchElementException
        | ClassCastException e) {
      throw reader.broken("it ends early or is damaged near byte " + reader.bytes.position());
    } catch (IllegalArgumentException e) {
      throw reader.broken(e.getMessage());
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
      if (!takeValue(opcode) && !takeTextual(opcode)) {
        step(opcode);
      }
    }
  }

  /// Binary values in the pickle.
  private boolean takeValue(int opcode) {
    Object value =
        switch (opcode) {
          case 'N' -> Nothing.NONE;
          case 0x88 -> true;
          case 0x89 -> false;
          case 'K' -> (long) (bytes.get() & 0xFF); // BININT1
          case 'M' -> (long) (bytes.getShort() & 0xFFFF); // BININT2
          case 'J' -> (long) bytes.getInt(); // BININT
          case 0x8A -> longOf(bytes.get() & 0xFF); // LONG1
          case 'G' -> Double.longBitsToDouble(Long.reverseBytes(bytes.getLong())); // BINFLOAT
          case 'X', 'T' -> text.ofLength(bytes.getInt()); // BINUNICODE, BINSTRING
          case 0x8C, 'U' -> text.ofLength(bytes.get() & 0xFF); // SHORT_BINUNICODE, SHORT_BINSTRING
          case '}' -> new LinkedHashMap<>();
          case ']', ')' -> new ArrayList<>(); // EMPTY_LIST, EMPTY_TUPLE
          default -> null;
        };
    if (value == null) {
      return false;
    }
    stack.push(value);
    return true;
  }

  /// Values of protocol 0, which are lines of text.
  private boolean takeTextual(int opcode) {
    switch (opcode) {
      case 'I' -> { // INT, and booleans
        String digits = text.line();
        stack.push(
            switch (digits) {
              case "01" -> true;
              case "00" -> false;
              default -> Long.parseLong(digits);
            });
      }
      case 'L' -> stack.push(Long.parseLong(text.line().replaceFirst("L$", ""))); // LONG
      case 'F' -> stack.push(Double.parseDouble(text.line())); // FLOAT
      case 'S' -> stack.push(text.quoted()); // STRING
      case 'V' -> stack.push(text.escaped()); // UNICODE
      case 'p' -> memo.put(Integer.parseInt(text.line()), stack.element()); // PUT
      case 'g' -> stack.push(remembered(Integer.parseInt(text.line()))); // GET
      case 'd' -> { // DICT
        Map<Object, Object> map = new LinkedHashMap<>();
        List<Object> items = popToMark();
        stack.push(map);
        setItems(items);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void step(int opcode) {
    switch (opcode) {
      case 0x80 -> bytes.get(); // PROTO
      case 0x95 -> bytes.getLong(); // FRAME
      case '(' -> stack.push(Marker.MARK);
      case '0' -> stack.pop(); // POP
      case '2' -> stack.push(stack.element()); // DUP
      case 'l', 't' -> stack.push(popToMark()); // LIST, TUPLE
      case 0x85 -> stack.push(popTuple(1));
      case 0x86 -> stack.push(popTuple(2));
      case 0x87 -> stack.push(popTuple(3));
      case 'a' -> append(popTuple(1)); // APPEND
      case 'e' -> append(popToMark()); // APPENDS
      case 's' -> setItems(popTuple(2)); // SETITEM
      case 'u' -> setItems(popToMark()); // SETITEMS
      case 'q' -> memo.put(bytes.get() & 0xFF, stack.element()); // BINPUT
      case 'r' -> memo.put(bytes.getInt(), stack.element()); // LONG_BINPUT
      case 0x94 -> memo.put(memo.size(), stack.element()); // MEMOIZE
      case 'h' -> stack.push(remembered(bytes.get() & 0xFF)); // BINGET
      case 'j' -> stack.push(remembered(bytes.getInt())); // LONG_BINGET
      case 'c' -> stack.push(named(text.line(), text.line())); // GLOBAL
      case 0x93 -> { // STACK_GLOBAL
        String name = (String) stack.pop();
        stack.push(named((String) stack.pop(), name));
      }
      case 'Q' -> stack.push(names.outside(stack.pop())); // BINPERSID
      case 'R' -> { // REDUCE
        List<?> arguments = (List<?>) stack.pop();
        stack.push(names.call(stack.pop(), arguments));
      }
      case 'b' -> stack.pop(); // BUILD: attributes such as state_dict's _metadata mean nothing here
      default ->
          throw broken("it uses operation " + opcode + ", which a " + names.kind() + " needs not");
    }
  }

  private Object named(String module, String name) {
    return names
        .named(module, name)
        .orElseThrow(() ->
            broken(
                "it wants to call "
                    + module
                    + "."
                    + name
                    + ", which is no part of a plain one and is never executed"));
  }

  private List<Object> popToMark() {
    List<Object> items = new ArrayList<>();
    while (stack.peek() != Marker.MARK) {
      items.add(stack.pop());
    }
    stack.pop();
    java.util.Collections.reverse(items);
    return items;
  }

  private List<Object> popTuple(int size) {
    List<Object> items = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      items.addFirst(stack.pop());
    }
    return items;
  }

  @SuppressWarnings(
      "unchecked") // every list and map here was created above, with element type Object
  private void append(List<Object> items) {
    ((List<Object>) stack.getFirst()).addAll(items);
  }

  @SuppressWarnings("unchecked")
  private void setItems(List<Object> items) {
    Map<Object, Object> map = (Map<Object, Object>) stack.getFirst();
    for (int i = 0; i + 1 < items.size(); i += 2) {
      Object key = items.get(i);
      // Only plain keys: hashing a container that contains itself would not end.
      map.put(key instanceof String || key instanceof Long ? key : Nothing.NONE, items.get(i + 1));
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

  private BadInputException broken(String what) {
    return new BadInputException(
        where + " is not a sound " + names.kind() + ": " + what + "; fetch it again");
  }
}
