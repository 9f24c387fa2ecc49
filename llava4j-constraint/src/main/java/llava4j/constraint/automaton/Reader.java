package llava4j.constraint.automaton;

import java.io.ByteArrayOutputStream;

/// A place in a text. Not thread-safe by itself; readers of one grammar may be used by different
/// threads.
public final class Reader {
  private final Grammar grammar;
  private final Machine machine;
  private State state;

  Reader(Grammar grammar, Machine machine, State state) {
    this.grammar = grammar;
    this.machine = machine;
    this.state = state;
  }

  /// The tokens that may follow, as a bit mask; a copy.
  public long[] mask() {
    synchronized (grammar) {
      machine.begin("a mask of the constraint");
      return state.mask(machine).clone();
    }
  }

  /// Reads bytes; stays where it is and returns false if they cannot stand here.
  public boolean read(byte[] bytes) {
    synchronized (grammar) {
      machine.begin("a token of the constraint");
      State at = state;
      for (byte value : bytes) {
        at = at.next(value & 0xFF, machine);
        if (at.isDead()) {
          return false;
        }
      }
      state = at;
      return true;
    }
  }

  /// Whether the text may end here.
  public boolean mayEnd() {
    return state.mayEnd();
  }

  /// Whether the text can only end here.
  public boolean mustEnd() {
    return state.mayEnd() && state.stacks().isEmpty();
  }

  /// The bytes that must follow; empty if there is a choice.
  ///
  /// @param most how many to look for
  public byte[] forced(int most) {
    synchronized (grammar) {
      machine.begin("the forced bytes of the constraint");
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      State at = state;
      while (!at.mayEnd() && bytes.size() < most) {
        int only = -1;
        for (int value = 0; value < 256; value++) {
          if (!at.next(value, machine).isDead()) {
            if (only >= 0) {
              return bytes.toByteArray();
            }
            only = value;
          }
        }
        bytes.write(only);
        at = at.next(only, machine);
      }
      return bytes.toByteArray();
    }
  }

  /// The same place in the same text.
  public Reader copy() {
    return new Reader(grammar, machine, state);
  }
}
