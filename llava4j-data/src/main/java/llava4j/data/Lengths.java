package llava4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// A histogram of lengths.
public final class Lengths {
  private final NavigableMap<Integer, Long> counts = new TreeMap<>();
  private long count;
  private long sum;

  /// Number of lengths in a range.
  ///
  /// @param from smallest length, inclusive
  /// @param to last length
  public record Bin(int from, int to, long count) {}

  /// Adds a length, 0 or more.
  public void add(int length) {
    add(length, 1);
  }

  public void addAll(Lengths others) {
    others.counts.forEach(this::add);
  }

  private void add(int length, long times) {
    counts.merge(length, times, Long::sum);
    count += times;
    sum += length * times;
  }

  /// Number of all lengths.
  public long count() {
    return count;
  }

  /// The smallest length, 0 if there are none.
  public int min() {
    return count == 0 ? 0 : counts.firstKey();
  }

  /// The largest length, 0 if there are none.
  public int max() {
    return count == 0 ? 0 : counts.lastKey();
  }

  /// The mean length, 0 if there are none.
  public double mean() {
    return count == 0 ? 0 : (double) sum / count;
  }

  /// Number of lengths in a range.
  ///
  /// @param from smallest length, inclusive
  /// @param to last length
  public long count(int from, int to) {
    return counts.subMap(from, true, to, true).values().stream().mapToLong(Long::longValue).sum();
  }

  /// The quantile: the smallest length that is not exceeded by this share of all lengths.
  ///
  /// @param share from 0 to 1
  public int quantile(double share) {
    long wanted = (long) Math.ceil(share * count);
    long seen = 0;
    for (var entry : counts.entrySet()) {
      seen += entry.getValue();
      if (seen >= wanted) {
        return entry.getKey();
      }
    }
    return 0;
  }

  /// A histogram with bins of equal width, a power of two, from 0 to the longest length.
  ///
  /// @param most maximum number of bins
  public List<Bin> bins(int most) {
    int width = 1;
    while (max() / width >= most) {
      width *= 2;
    }
    List<Bin> bins = new ArrayList<>();
    for (int from = 0; from <= max(); from += width) {
      int to = from + width - 1;
      bins.add(new Bin(from, to, count(from, to)));
    }
    return bins;
  }
}
