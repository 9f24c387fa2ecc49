package llava4j.constraint.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A set of code points without surrogates, as sorted ranges that do not touch.
public final class CharSet {
  private static final int LAST = 0x10FFFF;

  /// Every code point.
  public static final CharSet ALL = new CharSet(new int[] {0, 0xD7FF, 0xE000, LAST});

  public static final CharSet NONE = new CharSet(new int[0]);

  private final int[] ranges;
  private final int hash;

  private CharSet(int[] ranges) {
    this.ranges = ranges;
    this.hash = Arrays.hashCode(ranges);
  }

  /// Code points from `low` to `high`, both included.
  public static CharSet range(int low, int high) {
    return new CharSet(new int[] {low, high}).intersect(ALL);
  }

  public static CharSet of(int codePoint) {
    return range(codePoint, codePoint);
  }

  /// The characters of a text.
  public static CharSet ofAll(String characters) {
    return unionOf(characters.codePoints().mapToObj(CharSet::of).toList());
  }

  public boolean isEmpty() {
    return ranges.length == 0;
  }

  public boolean contains(int codePoint) {
    int low = 0;
    int high = ranges.length / 2 - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (codePoint < ranges[2 * middle]) {
        high = middle - 1;
      } else if (codePoint > ranges[2 * middle + 1]) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  public CharSet union(CharSet other) {
    if (isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    return unionOf(List.of(this, other));
  }

  /// The characters that are in one of the sets.
  static CharSet unionOf(List<CharSet> sets) {
    List<int[]> all = new ArrayList<>();
    for (CharSet set : sets) {
      for (int i = 0; i < set.ranges.length; i += 2) {
        all.add(new int[] {set.ranges[i], set.ranges[i + 1]});
      }
    }
    all.sort((a, b) -> Integer.compare(a[0], b[0]));
    int[] joined = new int[2 * all.size()];
    int size = 0;
    for (int[] one : all) {
      if (size > 0 && one[0] <= joined[size - 1] + 1) {
        joined[size - 1] = Math.max(joined[size - 1], one[1]);
      } else {
        joined[size++] = one[0];
        joined[size++] = one[1];
      }
    }
    return new CharSet(Arrays.copyOf(joined, size)).intersectIfNeeded();
  }

  public CharSet intersect(CharSet other) {
    int[] common = new int[ranges.length + other.ranges.length + 2];
    int size = 0;
    int i = 0;
    int j = 0;
    while (i < ranges.length && j < other.ranges.length) {
      int low = Math.max(ranges[i], other.ranges[j]);
      int high = Math.min(ranges[i + 1], other.ranges[j + 1]);
      if (low <= high) {
        common[size++] = low;
        common[size++] = high;
      }
      if (ranges[i + 1] < other.ranges[j + 1]) {
        i += 2;
      } else {
        j += 2;
      }
    }
    return new CharSet(Arrays.copyOf(common, size));
  }

  public CharSet complement() {
    int[] rest = new int[ranges.length + 2];
    int size = 0;
    int next = 0;
    for (int i = 0; i < ranges.length; i += 2) {
      if (ranges[i] > next) {
        rest[size++] = next;
        rest[size++] = ranges[i] - 1;
      }
      next = ranges[i + 1] + 1;
    }
    if (next <= LAST) {
      rest[size++] = next;
      rest[size++] = LAST;
    }
    return new CharSet(Arrays.copyOf(rest, size)).intersect(ALL);
  }

  /// Pairs of first and last code point; not a copy.
  int[] ranges() {
    return ranges;
  }

  // joining neighbours must not bridge the surrogates
  private CharSet intersectIfNeeded() {
    return intersect(ALL);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CharSet set && Arrays.equals(ranges, set.ranges);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return Arrays.toString(ranges);
  }
}
