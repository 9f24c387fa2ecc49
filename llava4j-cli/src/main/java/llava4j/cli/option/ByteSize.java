package llava4j.cli.option;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;

/// A number of bytes on the command line: `64M`, `64MiB`, `1G`, `500K`; without a letter, MiB.
public final class ByteSize {
  private static final Pattern FORM = Pattern.compile("(\\d{1,12})([KMG]?)(I?B)?");

  private ByteSize() {}

  /// @param option for the message
  /// @return in bytes
  /// @throws BadInputException if the text is no size, or not between `least` and `most` bytes
  public static long parse(String option, String text, long least, long most) {
    Matcher matcher = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (!matcher.matches() || (matcher.group(2).isEmpty() && matcher.group(3) != null)) {
      throw new BadInputException(
          option + " must be a size such as 64M, 1G or 500K, not '" + text + "'");
    }
    int shift =
        switch (matcher.group(2)) {
          case "K" -> 10;
          case "G" -> 30;
          default -> 20;
        };
    long number = Long.parseLong(matcher.group(1));
    long bytes = number << shift;
    if (number > most >> shift || bytes < least) {
      throw new BadInputException(
          option + " must be between " + shown(least) + " and " + shown(most) + ", not " + text);
    }
    return bytes;
  }

  private static String shown(long bytes) {
    return bytes < 1 << 20 ? (bytes >> 10) + "K" : (bytes >> 20) + "M";
  }
}
