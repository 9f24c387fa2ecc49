package llava4j.constraint.automaton;

/// A symbol, and what follows it. Equal stacks of one machine are one object.
final class Stack {
  private final Symbol top;
  private final Stack below;
  private final int serial;
  private State after;

  Stack(Symbol top, Stack below, int serial) {
    this.top = top;
    this.below = below;
    this.serial = serial;
  }

  Symbol top() {
    return top;
  }

  /// What follows the symbol; null if the text may end there.
  Stack below() {
    return below;
  }

  int serial() {
    return serial;
  }

  /// The state in which this stack is all there is.
  State state(Machine machine) {
    if (after == null) {
      after = machine.stateOf(this);
    }
    return after;
  }
}
