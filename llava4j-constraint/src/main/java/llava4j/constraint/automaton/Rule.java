package llava4j.constraint.automaton;

import java.util.List;

/// A choice of sequences of symbols, worked out when it is first needed. The same object may stand
/// in its own sequences, but not at their beginning.
public abstract non-sealed class Rule extends Symbol {
  private List<List<Symbol>> alternatives;

  /// The sequences, each from left to right.
  protected abstract List<List<Symbol>> expand();

  final List<List<Symbol>> alternatives() {
    if (alternatives == null) {
      alternatives = expand();
    }
    return alternatives;
  }
}
