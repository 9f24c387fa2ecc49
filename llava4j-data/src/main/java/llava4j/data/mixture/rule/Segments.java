package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.List;

/// Long conversations in pieces: RefCOCO.
public final class Segments {
  private Segments() {}

  /// A list in pieces of at most `most`, each but the last full.
  public static <T> List<List<T>> of(List<T> items, int most) {
    List<List<T>> pieces = new ArrayList<>();
    for (int start = 0; start < items.size(); start += most) {
      pieces.add(List.copyOf(items.subList(start, Math.min(items.size(), start + most))));
    }
    return pieces;
  }
}
