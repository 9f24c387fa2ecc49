package llava4j.error;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Reads what a user chose out of the values of an enum.
public final class Choice {
  private Choice() {}

  /// The value that is written as its `toString` writes it, in any case.
  ///
  /// @param what is chosen, in words
  /// @throws BadInputException for other texts; the message names all values
  public static <E extends Enum<E>> E parse(Class<E> type, String what, String text) {
    E[] values = type.getEnumConstants();
    for (E value : values) {
      if (value.toString().equals(text.toLowerCase(Locale.ROOT))) {
        return value;
      }
    }
    List<String> names = Stream.of(values).map(Enum::toString).toList();
    throw new BadInputException(
        "unknown "
            + what
            + " '"
            + text
            + "': use "
            + String.join(", ", names.subList(0, names.size() - 1))
            + " or "
            + names.getLast());
  }
}
