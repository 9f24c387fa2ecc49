package llava4j.constraint.automaton;

import llava4j.constraint.regex.Regex;

/// Plain text of a regular language, in UTF-8.
final class TextLeaf extends Leaf {
  private final Leaves leaves;
  private final Regex state;
  private final Utf8 partial;

  /// @param partial null between two characters
  TextLeaf(Leaves leaves, Regex state, Utf8 partial) {
    this.leaves = leaves;
    this.state = state;
    this.partial = partial;
  }

  @Override
  protected Leaf step(int value) {
    Utf8 read = partial == null ? Utf8.begin(value) : partial.after(value);
    if (partial == null && value < 0x80) {
      return whole(value);
    }
    if (read == null) {
      return null;
    }
    if (read.missing() == 0) {
      return read.bits() < read.low() ? null : whole(read.bits());
    }
    boolean possible = read.first() <= read.last() && state.canTake(read.first(), read.last());
    return possible ? leaves.text(state, read) : null;
  }

  private Leaf whole(int codePoint) {
    Regex next = state.after(codePoint);
    return next.isLive() ? leaves.text(next, null) : null;
  }

  @Override
  public boolean isAccepting() {
    return partial == null && state.isNullable();
  }

  @Override
  public boolean isFinished() {
    return isAccepting() && !state.canTake(0, Character.MAX_CODE_POINT);
  }
}
