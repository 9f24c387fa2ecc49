package llava4j.constraint.automaton;

/// What may stand in a text: bytes that an automaton reads, or a choice of symbols.
public abstract sealed class Symbol permits Leaf, Rule {
  private int serial = -1;

  /// A number that no other symbol of the machine has, given when it is first asked for.
  final int serial(Machine machine) {
    if (serial < 0) {
      serial = machine.nextSerial();
    }
    return serial;
  }
}
