package llava4j.constraint.schema;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import llava4j.constraint.regex.CharSet;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;

/// JSON's numbers as languages of their texts.
///
/// As soon as anything is demanded of a number, it is written without an exponent.
final class Numbers {
  private final RegexPool pool;
  private final Regex digit;
  private final Regex digits;
  private final Regex zeros;
  private final Regex anyFraction;

  Numbers(RegexPool pool) {
    this.pool = pool;
    this.digit = pool.chars(CharSet.range('0', '9'));
    this.digits = pool.star(digit);
    this.zeros = pool.star(pool.literal("0"));
    this.anyFraction = pool.optional(pool.concat(pool.literal("."), pool.repeat(digit, 1, -1)));
  }

  /// Every number, with exponents up to 199, so that it is a finite double.
  Regex full() {
    Regex exponent =
        pool.concat(
            pool.chars(CharSet.ofAll("eE")),
            pool.concat(
                pool.optional(pool.chars(CharSet.ofAll("+-"))),
                pool.concat(pool.optional(pool.literal("1")), pool.repeat(digit, 1, 2))));
    return pool.concat(plain(), pool.optional(exponent));
  }

  /// Every number without an exponent.
  Regex plain() {
    return pool.concat(sign(), pool.concat(whole(), anyFraction));
  }

  /// Whole numbers without a fraction.
  Regex integer() {
    return pool.concat(sign(), whole());
  }

  /// Whole numbers in every form without an exponent.
  Regex integral() {
    return pool.concat(
        integer(),
        pool.optional(pool.concat(pool.literal("."), pool.repeat(pool.literal("0"), 1, -1))));
  }

  private Regex sign() {
    return pool.optional(pool.literal("-"));
  }

  private Regex whole() {
    return pool.or(pool.literal("0"), pool.concat(pool.chars(CharSet.range('1', '9')), digits));
  }

  /// A value in every form without an exponent.
  Regex forms(BigDecimal value) {
    return pool.and(atLeast(value, false), atMost(value, false));
  }

  /// A value in the form in which it is usually written.
  Regex usual(BigDecimal value) {
    BigDecimal plain = value.stripTrailingZeros();
    if (plain.scale() <= 0) {
      String text = plain.toBigInteger().toString();
      return pool.or(
          pool.literal(text), value.scale() > 0 ? pool.literal(text + ".0") : pool.never());
    }
    return pool.literal(plain.toPlainString());
  }

  /// Numbers without an exponent from a bound on.
  Regex atLeast(BigDecimal bound, boolean strictly) {
    if (bound.signum() > 0 || (bound.signum() == 0 && strictly)) {
      return above(bound, strictly);
    }
    Regex negative = pool.concat(pool.literal("-"), below(bound.negate(), strictly));
    Regex zero = pool.concat(pool.literal("-"), below(BigDecimal.ZERO, false));
    Regex positive = above(BigDecimal.ZERO, false);
    return bound.signum() == 0 ? pool.or(positive, zero) : pool.or(positive, negative);
  }

  /// Numbers without an exponent up to a bound.
  Regex atMost(BigDecimal bound, boolean strictly) {
    if (bound.signum() < 0 || (bound.signum() == 0 && strictly)) {
      return pool.concat(pool.literal("-"), above(bound.negate(), strictly));
    }
    Regex negative = pool.concat(pool.literal("-"), above(BigDecimal.ZERO, false));
    return pool.or(negative, below(bound, strictly));
  }

  /// Texts without a sign whose value is at least a bound, which is not negative.
  private Regex above(BigDecimal bound, boolean strictly) {
    String whole = wholeOf(bound);
    String fraction = fractionOf(bound);
    int length = whole.length();
    List<Regex> choices = new ArrayList<>();
    Regex longer = pool.concat(pool.chars(CharSet.range('1', '9')), pool.repeat(digit, length, -1));
    choices.add(pool.concat(longer, anyFraction));
    for (int i = 0; i < length; i++) {
      char one = whole.charAt(i);
      if (one < '9') {
        Regex larger =
            pool.concat(
                pool.concat(
                    pool.literal(whole.substring(0, i)), pool.chars(CharSet.range(one + 1, '9'))),
                pool.repeat(digit, length - i - 1, length - i - 1));
        choices.add(pool.concat(larger, anyFraction));
      }
    }
    choices.add(pool.concat(pool.literal(whole), fractionAbove(fraction, strictly)));
    return pool.or(choices);
  }

  private Regex fractionAbove(String fraction, boolean strictly) {
    Regex more = pool.concat(zeros, pool.concat(pool.chars(CharSet.range('1', '9')), digits));
    if (fraction.isEmpty()) {
      return strictly ? pool.concat(pool.literal("."), more) : anyFraction;
    }
    List<Regex> choices = new ArrayList<>();
    for (int i = 0; i < fraction.length(); i++) {
      char one = fraction.charAt(i);
      if (one < '9') {
        choices.add(
            pool.concat(
                pool.literal(fraction.substring(0, i)),
                pool.concat(pool.chars(CharSet.range(one + 1, '9')), digits)));
      }
    }
    choices.add(pool.concat(pool.literal(fraction), strictly ? more : digits));
    return pool.concat(pool.literal("."), pool.or(choices));
  }

  /// Texts without a sign whose value is at most a bound, which is not negative.
  private Regex below(BigDecimal bound, boolean strictly) {
    String whole = wholeOf(bound);
    String fraction = fractionOf(bound);
    int length = whole.length();
    List<Regex> choices = new ArrayList<>();
    if (length > 1) {
      choices.add(pool.concat(pool.literal("0"), anyFraction));
      Regex shorter =
          pool.concat(pool.chars(CharSet.range('1', '9')), pool.repeat(digit, 0, length - 2));
      choices.add(pool.concat(shorter, anyFraction));
    }
    for (int i = 0; i < length; i++) {
      char lowest = i == 0 && length > 1 ? '1' : '0';
      char one = whole.charAt(i);
      if (one > lowest) {
        Regex smaller =
            pool.concat(
                pool.concat(
                    pool.literal(whole.substring(0, i)),
                    pool.chars(CharSet.range(lowest, one - 1))),
                pool.repeat(digit, length - i - 1, length - i - 1));
        choices.add(pool.concat(smaller, anyFraction));
      }
    }
    choices.add(pool.concat(pool.literal(whole), fractionBelow(fraction, strictly)));
    return pool.or(choices);
  }

  private Regex fractionBelow(String fraction, boolean strictly) {
    Regex point = pool.literal(".");
    Regex onlyZeros = pool.optional(pool.concat(point, pool.repeat(pool.literal("0"), 1, -1)));
    if (fraction.isEmpty()) {
      return strictly ? pool.never() : onlyZeros;
    }
    List<Regex> choices = new ArrayList<>();
    choices.add(onlyZeros);
    for (int i = 0; i < fraction.length(); i++) {
      char one = fraction.charAt(i);
      Regex same = pool.literal(fraction.substring(0, i));
      if (one > '0') {
        choices.add(
            pool.concat(
                point,
                pool.concat(same, pool.concat(pool.chars(CharSet.range('0', one - 1)), digits))));
      }
      if (i > 0) {
        choices.add(pool.concat(point, pool.concat(same, zeros)));
      }
    }
    if (!strictly) {
      choices.add(pool.concat(point, pool.concat(pool.literal(fraction), zeros)));
    }
    return pool.or(choices);
  }

  private static String wholeOf(BigDecimal value) {
    return value.toBigInteger().toString();
  }

  private static String fractionOf(BigDecimal value) {
    String plain = value.stripTrailingZeros().toPlainString();
    int point = plain.indexOf('.');
    return point < 0 ? "" : plain.substring(point + 1);
  }
}
