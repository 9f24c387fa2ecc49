package llava4j.constraint.automaton;

/// A state of a deterministic automaton over bytes. Not thread-safe.
public abstract non-sealed class Leaf extends Symbol {
  /// Stands for no leaf where null means not known yet.
  private static final Leaf NONE =
      new Leaf() {
        @Override
        protected Leaf step(int value) {
          return null;
        }

        @Override
        public boolean isAccepting() {
          return false;
        }
      };

  private Leaf[] next;
  private LeafMask mask;

  /// The state after a byte, computed at its first use; null if the byte cannot stand here.
  ///
  /// @param value 0 to 255
  protected abstract Leaf step(int value);

  /// Whether the text of this symbol may end here.
  public abstract boolean isAccepting();

  /// Whether nothing can follow within this symbol.
  public boolean isFinished() {
    return false;
  }

  /// Whether every text of a JSON string goes on from here, up to a number of characters, as in a
  /// string without any condition.
  boolean isFreeString(int characters) {
    return false;
  }

  /// The state after a byte; null if it cannot stand here.
  Leaf next(int value) {
    if (next == null) {
      next = new Leaf[256];
    }
    Leaf found = next[value];
    if (found == null) {
      found = step(value);
      next[value] = found == null ? NONE : found;
    }
    return found == NONE ? null : found;
  }

  final LeafMask mask(Machine machine) {
    if (mask == null || mask.trie() != machine.trie()) {
      mask = LeafMask.of(this, machine);
    }
    return mask;
  }
}
