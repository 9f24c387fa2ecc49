package llava4j.train.shard;

import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/// Offsets of the parameters in the flat tensor of their unit. Parameters with weight decay come
/// first, so each kind is one contiguous range.
///
/// @param name of the unit, such as `language_model.layers.3`
/// @param slots in order, without gaps
public record UnitLayout(String name, List<Slot> slots) {

  /// The range of one parameter.
  ///
  /// @param offset index of its first element
  /// @param elements number of its elements
  /// @param decays whether weight decay applies to it
  public record Slot(String name, List<Long> shape, long offset, long elements, boolean decays) {
    public Slot {
      shape = List.copyOf(shape);
    }

    /// The shape as an array, for libtorch.
    public long[] dims() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  public UnitLayout {
    slots = List.copyOf(slots);
  }

  /// Lays out parameters in the order of `shapes`.
  public static UnitLayout of(String name, SequencedMap<String, List<Long>> shapes) {
    List<Slot> slots = new ArrayList<>();
    long offset = 0;
    for (boolean decays : new boolean[] {true, false}) {
      for (var entry : shapes.entrySet()) {
        if (decays(entry.getKey()) == decays) {
          long elements = entry.getValue().stream().reduce(1L, Math::multiplyExact);
          slots.add(new Slot(entry.getKey(), entry.getValue(), offset, elements, decays));
          offset += elements;
        }
      }
    }
    return new UnitLayout(name, slots);
  }

  /// Number of elements of all parameters.
  public long elements() {
    return slots.isEmpty() ? 0 : slots.getLast().offset() + slots.getLast().elements();
  }

  /// Number of elements with weight decay; they come first.
  public long decayingElements() {
    return slots.stream().filter(Slot::decays).mapToLong(Slot::elements).sum();
  }

  /// Number of elements with padding, so that all processes have parts of equal length.
  public long paddedElements(int processes) {
    return Math.ceilDiv(elements(), processes) * processes;
  }

  /// Whether weight decay applies: not to biases and norm weights (spec 5.8).
  private static boolean decays(String name) {
    return !name.endsWith(".bias")
        && !name.contains("norm.")
        && !name.contains("layernorm")
        && !name.contains("layer_norm")
        && !name.contains("layrnorm");
  }
}
