package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/// Reproducible random numbers. The numbers for a key (an image or conversation) depend only on
/// seed, source and key, not on the order, on threads or on other sources.
public record SeededChance(long seed, String source) {
  private static final long FNV_BASIS = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  /// A random generator for one image or conversation.
  public SplittableRandom of(String key) {
    return new SplittableRandom(hash(key));
  }

  /// A random rank for choosing a subset of keys.
  public long rank(String key) {
    return of("rank:" + key).nextLong();
  }

  /// At most `most` elements of a list, in random order.
  public static <T> List<T> sample(List<T> items, int most, SplittableRandom random) {
    List<T> shuffled = new ArrayList<>(items);
    Collections.shuffle(shuffled, random);
    return List.copyOf(shuffled.subList(0, Math.min(most, shuffled.size())));
  }

  private long hash(String key) {
    long hash = FNV_BASIS ^ seed;
    String text = source + '\0' + key;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    }
    return hash;
  }
}
