package llava4j.error;

import java.util.Collection;
import java.util.List;

/// Many things that are wrong at once, for a message: a few of them and how many there are.
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

  /// The first five, and how many more there are.
  public String shortened() {
    String shown = String.join("; ", all.subList(0, Math.min(all.size(), SHOWN)));
    return all.size() > SHOWN
        ? shown + "; and " + (all.size() - SHOWN) + " more (--verbose lists them)"
        : shown;
  }

  /// An exception whose message holds the shortened list and which keeps the whole one.
  ///
  /// @param before words in front of the list
  /// @param behind words behind it
  public BadInputException refusal(String before, String behind) {
    return new BadInputException(before + shortened() + behind, all);
  }
}
