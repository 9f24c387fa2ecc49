package llava4j.constraint.automaton;

import llava4j.constraint.regex.Regex;

/// A JSON string whose characters, after unescaping, are of a regular language.
///
/// Characters are written as they are, but for quotes, backslashes and control characters; what is
/// not ASCII may also be four hexadecimal digits. So that equal texts have hardly more than one
/// form, letters and other ASCII characters are never escaped.
final class StringLeaf extends Leaf {

  /// Where the reading stands.
  enum Phase {
    BEFORE,
    BODY,
    UTF8,
    BACKSLASH,
    HEX,
    LOW_BACKSLASH,
    LOW_U,
    LOW_HEX,
    AFTER
  }

  private final Leaves leaves;
  private final Regex state;
  private final Phase phase;
  private final Utf8 partial;
  private final int unit;
  private final int digits;

  /// @param partial bytes of a character, in [Phase#UTF8]
  /// @param unit the number that the digits of an escape make so far; the high surrogate in its
  ///   upper half while a low one is read
  /// @param digits how many have been read
  StringLeaf(Leaves leaves, Regex state, Phase phase, Utf8 partial, int unit, int digits) {
    this.leaves = leaves;
    this.state = state;
    this.phase = phase;
    this.partial = partial;
    this.unit = unit;
    this.digits = digits;
  }

  @Override
  protected Leaf step(int value) {
    return switch (phase) {
      case BEFORE -> value == '"' && state.isLive() ? body(state) : null;
      case BODY -> inBody(value);
      case UTF8 -> inCharacter(partial.after(value));
      case BACKSLASH -> afterBackslash(value);
      case HEX -> inHex(value);
      case LOW_BACKSLASH -> value == '\\' ? leaves.string(state, Phase.LOW_U, null, unit, 0) : null;
      case LOW_U -> value == 'u' ? leaves.string(state, Phase.LOW_HEX, null, unit, 0) : null;
      case LOW_HEX -> inLowHex(value);
      case AFTER -> null;
    };
  }

  private Leaf inBody(int value) {
    if (value == '"') {
      return state.isNullable() ? leaves.string(state, Phase.AFTER, null, 0, 0) : null;
    }
    if (value == '\\') {
      return canEscape() ? leaves.string(state, Phase.BACKSLASH, null, 0, 0) : null;
    }
    if (value < 0x20) {
      return null;
    }
    return value < 0x80 ? whole(value) : inCharacter(Utf8.begin(value));
  }

  private Leaf inCharacter(Utf8 read) {
    if (read == null) {
      return null;
    }
    if (read.missing() == 0) {
      return read.bits() < read.low() ? null : whole(read.bits());
    }
    boolean possible = read.first() <= read.last() && state.canTake(read.first(), read.last());
    return possible ? leaves.string(state, Phase.UTF8, read, 0, 0) : null;
  }

  private boolean canEscape() {
    return state.canTake(0, 0x1F)
        || state.canTake('"', '"')
        || state.canTake('\\', '\\')
        || state.canTake(0x80, 0x10FFFF);
  }

  private Leaf afterBackslash(int value) {
    return switch (value) {
      case '"', '\\' -> whole(value);
      case 'b' -> whole('\b');
      case 'f' -> whole('\f');
      case 'n' -> whole('\n');
      case 'r' -> whole('\r');
      case 't' -> whole('\t');
      case 'u' ->
          state.canTake(0, 0x1F) || state.canTake(0x80, 0x10FFFF)
              ? leaves.string(state, Phase.HEX, null, 0, 0)
              : null;
      default -> null;
    };
  }

  private Leaf inHex(int value) {
    int digit = hex(value);
    if (digit < 0) {
      return null;
    }
    int read = unit << 4 | digit;
    if (digits < 3) {
      int open = 4 * (3 - digits);
      int first = read << open;
      int last = first + (1 << open) - 1;
      return canBeUnit(first, last)
          ? leaves.string(state, Phase.HEX, null, read, digits + 1)
          : null;
    }
    if (Character.isHighSurrogate((char) read)) {
      return canBeUnit(read, read)
          ? leaves.string(state, Phase.LOW_BACKSLASH, null, read << 16, 0)
          : null;
    }
    boolean escapable = read < 0x20 || read >= 0x80;
    return escapable && !Character.isLowSurrogate((char) read) ? whole(read) : null;
  }

  /// Whether some code unit of a range can begin a character that may be escaped here.
  private boolean canBeUnit(int first, int last) {
    int control = Math.min(last, 0x1F);
    if (first <= control && state.canTake(first, control)) {
      return true;
    }
    int low = Math.max(first, 0x80);
    if (low > last) {
      return false;
    }
    if ((low <= 0xD7FF && state.canTake(low, Math.min(last, 0xD7FF)))
        || (last >= 0xE000 && state.canTake(Math.max(low, 0xE000), last))) {
      return true;
    }
    int highFirst = Math.max(low, 0xD800);
    int highLast = Math.min(last, 0xDBFF);
    return highFirst <= highLast
        && state.canTake(
            Character.toCodePoint((char) highFirst, '\uDC00'),
            Character.toCodePoint((char) highLast, '\uDFFF'));
  }

  private Leaf inLowHex(int value) {
    int digit = hex(value);
    if (digit < 0) {
      return null;
    }
    int low = (unit & 0xFFFF) << 4 | digit;
    int open = 4 * (3 - digits);
    int first = Math.max(low << open, 0xDC00);
    int last = Math.min((low << open) + (1 << open) - 1, 0xDFFF);
    if (first > last) {
      return null;
    }
    char high = (char) (unit >>> 16);
    int from = Character.toCodePoint(high, (char) first);
    if (digits == 3) {
      return whole(from);
    }
    return state.canTake(from, Character.toCodePoint(high, (char) last))
        ? leaves.string(state, Phase.LOW_HEX, null, (unit & 0xFFFF0000) | low, digits + 1)
        : null;
  }

  private static int hex(int value) {
    return value < 0x80 ? Character.digit(value, 16) : -1;
  }

  private Leaf whole(int codePoint) {
    Regex next = state.after(codePoint);
    return next.isLive() ? body(next) : null;
  }

  private Leaf body(Regex next) {
    return leaves.string(next, Phase.BODY, null, 0, 0);
  }

  @Override
  public boolean isAccepting() {
    return phase == Phase.AFTER;
  }

  @Override
  public boolean isFinished() {
    return phase == Phase.AFTER;
  }

  @Override
  boolean isFreeString(int characters) {
    return phase == Phase.BODY && state.isFreeFor(characters);
  }
}
