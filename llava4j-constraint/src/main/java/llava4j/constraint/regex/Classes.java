package llava4j.constraint.regex;

import java.util.Locale;
import java.util.function.IntPredicate;

/// Named sets of characters, as ECMA-262 defines them.
final class Classes {
  static final CharSet DIGIT = CharSet.range('0', '9');
  static final CharSet WORD =
      DIGIT.union(CharSet.range('a', 'z')).union(CharSet.range('A', 'Z')).union(CharSet.of('_'));
  static final CharSet LINE_ENDS = CharSet.ofAll("\n\r\u2028\u2029");
  static final CharSet SPACE =
      CharSet.ofAll("\t\n\u000B\f\r \u00A0\u1680\u202F\u205F\u3000\uFEFF")
          .union(CharSet.range(0x2000, 0x200A))
          .union(CharSet.range(0x2028, 0x2029));

  private Classes() {}

  /// The set of a Unicode property; null if there is none of this name.
  static CharSet property(String name) {
    String value = name.substring(name.indexOf('=') + 1);
    String key = name.contains("=") ? name.substring(0, name.indexOf('=')) : "";
    IntPredicate belongs =
        switch (key) {
          case "", "General_Category", "gc" -> byCategory(value, key.isEmpty());
          case "Script", "sc", "Script_Extensions", "scx" -> byScript(value);
          default -> null;
        };
    return belongs == null ? null : where(belongs);
  }

  private static CharSet where(IntPredicate belongs) {
    CharSet set = CharSet.NONE;
    int start = -1;
    for (int one = 0; one <= Character.MAX_CODE_POINT + 1; one++) {
      boolean inside = one <= Character.MAX_CODE_POINT && belongs.test(one);
      if (inside && start < 0) {
        start = one;
      } else if (!inside && start >= 0) {
        set = set.union(CharSet.range(start, one - 1));
        start = -1;
      }
    }
    return set;
  }

  private static IntPredicate byScript(String name) {
    try {
      Character.UnicodeScript script = Character.UnicodeScript.forName(name);
      return one -> Character.UnicodeScript.of(one) == script;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static IntPredicate byCategory(String name, boolean alsoBinary) {
    return switch (name) {
      case "L", "Letter" -> Character::isLetter;
      case "Lu", "Uppercase_Letter" -> type(Character.UPPERCASE_LETTER);
      case "Ll", "Lowercase_Letter" -> type(Character.LOWERCASE_LETTER);
      case "Lt", "Titlecase_Letter" -> type(Character.TITLECASE_LETTER);
      case "Lm", "Modifier_Letter" -> type(Character.MODIFIER_LETTER);
      case "Lo", "Other_Letter" -> type(Character.OTHER_LETTER);
      case "M", "Mark" ->
          type(
              Character.NON_SPACING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.ENCLOSING_MARK);
      case "Mn" -> type(Character.NON_SPACING_MARK);
      case "Mc" -> type(Character.COMBINING_SPACING_MARK);
      case "N", "Number" ->
          type(Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER);
      case "Nd", "Decimal_Number", "digit" -> type(Character.DECIMAL_DIGIT_NUMBER);
      case "Nl" -> type(Character.LETTER_NUMBER);
      case "No" -> type(Character.OTHER_NUMBER);
      case "P", "Punctuation", "punct" ->
          type(
              Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION);
      case "Pd" -> type(Character.DASH_PUNCTUATION);
      case "Pc" -> type(Character.CONNECTOR_PUNCTUATION);
      case "S", "Symbol" ->
          type(
              Character.MATH_SYMBOL,
              Character.CURRENCY_SYMBOL,
              Character.MODIFIER_SYMBOL,
              Character.OTHER_SYMBOL);
      case "Sc" -> type(Character.CURRENCY_SYMBOL);
      case "Sm" -> type(Character.MATH_SYMBOL);
      case "Z", "Separator" ->
          type(Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR);
      case "Zs", "Space_Separator" -> type(Character.SPACE_SEPARATOR);
      case "Cc", "Control", "cntrl" -> type(Character.CONTROL);
      default -> alsoBinary ? binary(name) : null;
    };
  }

  private static IntPredicate binary(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "any" -> one -> true;
      case "ascii" -> one -> one < 0x80;
      case "alphabetic", "alpha" -> Character::isAlphabetic;
      case "uppercase" -> Character::isUpperCase;
      case "lowercase" -> Character::isLowerCase;
      case "white_space", "space" -> SPACE::contains;
      default -> null;
    };
  }

  private static IntPredicate type(int... types) {
    return one -> {
      int found = Character.getType(one);
      for (int type : types) {
        if (found == type) {
          return true;
        }
      }
      return false;
    };
  }
}
