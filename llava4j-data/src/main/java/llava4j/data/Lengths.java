package llava4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// How many things have which length.
public final class Lengths {
  private final NavigableMap<Integer, Long> counts = new TreeMap<>();
  private long count;
  private long sum;

  /// Things of a range of lengths.
  ///
  /// @param from first length
  /// @param to last length
  public record Bin(int from, int to, long count) {}

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

  public long count() {
    return count;
  }

  public int min() {
    return count == 0 ? 0 : counts.firstKey();
  }

  public int max() {
    return count == 0 ? 0 : counts.lastKey();
  }

  public double mean() {
    return count == 0 ? 0 : (double) sum / count;
  }

  /// How many have a length of this range.
  ///
  /// @param from first length
  /// @param to last length
  public long count(int from, int to) {
    return counts.subMap(from, true, to, true).values().stream().mapToLong(Long::longValue).sum();
  }

  /// The smallest length that this share of them does not exceed.
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

  /// Ranges of one width, a power of two, from 0 to the longest; at most `most` of them.
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
