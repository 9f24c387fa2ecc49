package llava4j.constraint.regex;

import java.util.Arrays;
import java.util.List;

/// Where each code point leads from one expression.
///
/// @param starts first code points of the intervals, ascending, beginning with 0
/// @param byInterval the target of each interval
record Transitions(int[] starts, Regex[] byInterval) {

  Regex target(int codePoint) {
    return byInterval[intervalOf(codePoint)];
  }

  boolean anyLive(int low, int high) {
    int last = intervalOf(high);
    for (int i = intervalOf(low); i <= last; i++) {
      if (byInterval[i].isLive()) {
        return true;
      }
    }
    return false;
  }

  /// The targets of all code points but surrogates.
  List<Regex> targets() {
    return java.util.stream.IntStream.range(0, starts.length)
        .filter(i -> starts[i] != 0xD800)
        .mapToObj(i -> byInterval[i])
        .distinct()
        .toList();
  }

  private int intervalOf(int codePoint) {
    int at = Arrays.binarySearch(starts, codePoint);
    return at >= 0 ? at : -at - 2;
  }
}
