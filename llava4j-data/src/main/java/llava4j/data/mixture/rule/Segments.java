package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.List;

/// Splits long conversations into segments: RefCOCO.
public final class Segments {
  private Segments() {}

  /// Splits a list into pieces of `most` elements; the last one may be shorter.
  public static <T> List<List<T>> of(List<T> items, int most) {
    List<List<T>> pieces = new ArrayList<>();
    for (int start = 0; start < items.size(); start += most) {
      pieces.add(List.copyOf(items.subList(start, Math.min(items.size(), start + most))));
    }
    return pieces;
  }
}
