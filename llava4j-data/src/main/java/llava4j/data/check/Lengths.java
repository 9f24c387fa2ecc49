package llava4j.data.check;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// How many samples have which length.
public final class Lengths {
  private final NavigableMap<Integer, Long> counts = new TreeMap<>();
  private long count;
  private long sum;

  /// Samples of a range of lengths.
  ///
  /// @param from first length
  /// @param to last length
  public record Bin(int from, int to, long count) {}

  void add(int length) {
    counts.merge(length, 1L, Long::sum);
    count++;
    sum += length;
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

  /// The smallest length that this share of the samples does not exceed.
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
      long within =
          counts.subMap(from, true, to, true).values().stream().mapToLong(Long::longValue).sum();
      bins.add(new Bin(from, to, within));
    }
    return bins;
  }
}
