package llava4j.data.mixture.rule;

import java.util.Comparator;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Set;

/// Draws a random subset of at max `max` keys from a stream, each key with the same probability.
/// The subset depends on the keys but not on their order; a repeated key counts once.
public final class HashSample {
  /// A key and its random rank; the keys with the lowest ranks are chosen.
  private record RankedKey(long rank, String key) {}

  private final SeededChance chance;
  private final int max;
  private final PriorityQueue<RankedKey> highestRankFirst =
      new PriorityQueue<>(
          Comparator.comparingLong(RankedKey::rank).thenComparing(RankedKey::key).reversed());
  private final Set<String> chosen = new HashSet<>();

  public HashSample(SeededChance chance, int max) {
    this.chance = chance;
    this.max = max;
  }

  /// Offers a key.
  public void offer(String key) {
    if (chosen.add(key)) {
      highestRankFirst.add(new RankedKey(chance.rank(key), key));
      if (highestRankFirst.size() > max) {
        chosen.remove(highestRankFirst.remove().key());
      }
    }
  }

  /// Whether the key is in the subset; valid after all keys have been offered.
  public boolean contains(String key) {
    return chosen.contains(key);
  }
}
