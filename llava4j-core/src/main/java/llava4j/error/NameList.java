package llava4j.error;

import java.util.Collection;
import java.util.List;

/// A list of problems for a message, which shows a few of them and their number.
///
/// @param all of them, in order
public record NameList(List<String> all) {
  private static final int SHOWN = 5;

  public NameList {
    all = List.copyOf(all);
  }

  public static NameList of(Collection<String> names) {
    return new NameList(List.copyOf(names));
  }

  /// The first five, and the number of the others.
  public String shortened() {
    String shown = String.join("; ", all.subList(0, Math.min(all.size(), SHOWN)));
    return all.size() > SHOWN
        ? shown + "; and " + (all.size() - SHOWN) + " more (--verbose lists them)"
        : shown;
  }

  /// An exception with the shortened list in its message and the whole list in its details.
  ///
  /// @param before text before the list
  /// @param behind text after the list
  public BadInputException refusal(String before, String behind) {
    return new BadInputException(before + shortened() + behind, all);
  }
}
