package llava4j.constraint.automaton;

import java.util.Arrays;
import java.util.List;

/// All stacks that a text may have led to, each with a leaf on top.
final class State {
  private static final int FEW = 4;

  private final List<Stack> stacks;
  private final boolean mayEnd;
  private byte[] values = new byte[1];
  private State[] targets = new State[1];
  private int known;
  private State[] table;
  private long[] mask;

  State(List<Stack> stacks, boolean mayEnd) {
    this.stacks = stacks;
    this.mayEnd = mayEnd;
  }

  List<Stack> stacks() {
    return stacks;
  }

  boolean mayEnd() {
    return mayEnd;
  }

  /// Whether no text leads here.
  boolean isDead() {
    return stacks.isEmpty() && !mayEnd;
  }

  /// The state after a byte, dead if it cannot stand here.
  State next(int value, Machine machine) {
    if (table != null) {
      State found = table[value];
      if (found == null) {
        found = machine.step(this, value);
        table[value] = found;
      }
      return found;
    }
    for (int i = 0; i < known; i++) {
      if (values[i] == (byte) value) {
        return targets[i];
      }
    }
    State found = machine.step(this, value);
    remember(value, found);
    return found;
  }

  private void remember(int value, State target) {
    if (known == FEW) {
      table = new State[256];
      for (int i = 0; i < known; i++) {
        table[values[i] & 0xFF] = targets[i];
      }
      table[value] = target;
      return;
    }
    if (known == targets.length) {
      values = Arrays.copyOf(values, FEW);
      targets = Arrays.copyOf(targets, FEW);
    }
    values[known] = (byte) value;
    targets[known++] = target;
  }

  /// The tokens that may follow; not a copy.
  long[] mask(Machine machine) {
    if (mask == null) {
      mask = machine.maskOf(this);
    }
    return mask;
  }
}
