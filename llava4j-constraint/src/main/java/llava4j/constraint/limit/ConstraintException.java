package llava4j.constraint.limit;

import java.util.regex.Pattern;

/// A constraint cannot be compiled or used. The message is one sentence: what is wrong, where, and
/// what to do. It repeats the beginning of a long text only.
public final class ConstraintException extends RuntimeException {
  private static final Pattern LONG_QUOTE = Pattern.compile("'([^']{60})[^']{20,}'");
  private static final Pattern LONG_WORD = Pattern.compile("(\\S{60})\\S{20,}");

  public ConstraintException(String message) {
    super(shortened(message));
  }

  public ConstraintException(String message, Throwable cause) {
    super(shortened(message), cause);
  }

  private static String shortened(String message) {
    String quotes = LONG_QUOTE.matcher(message).replaceAll("'$1...'");
    return LONG_WORD.matcher(quotes).replaceAll("$1...");
  }
}
