package llava4j.model.cache;

import java.util.Arrays;
import java.util.List;

/// The new tokens of a pass: those of the first sequence, then those of the second, and so on.
/// Sequences may have any lengths and any numbers of new tokens; nothing is padded.
///
/// @param caches of the sequences, all of one pool
/// @param counts number of new tokens of each, at least 1
public record RaggedBatch(List<KvCache> caches, int[] counts) {
  public RaggedBatch {
    caches = List.copyOf(caches);
    if (caches.isEmpty() || caches.size() != counts.length) {
      throw new IllegalArgumentException(
          caches.size() + " sequences and " + counts.length + " numbers of tokens");
    }
    if (Arrays.stream(counts).anyMatch(count -> count < 1)) {
      throw new IllegalArgumentException("a sequence without new tokens is not part of a pass");
    }
  }

  /// Several new tokens of one sequence.
  public static RaggedBatch of(KvCache cache, int count) {
    return new RaggedBatch(List.of(cache), new int[] {count});
  }

  /// One new token of each sequence.
  public static RaggedBatch oneEach(List<KvCache> caches) {
    int[] counts = new int[caches.size()];
    Arrays.fill(counts, 1);
    return new RaggedBatch(caches, counts);
  }

  /// Number of sequences.
  public int size() {
    return counts.length;
  }

  /// Number of new tokens.
  public int tokens() {
    return Arrays.stream(counts).sum();
  }

  /// The position of each new token in its sequence. `[tokens]`
  public long[] positions() {
    long[] positions = new long[tokens()];
    int next = 0;
    for (int i = 0; i < counts.length; i++) {
      for (int token = 0; token < counts[i]; token++) {
        positions[next++] = (long) caches.get(i).length() + token;
      }
    }
    return positions;
  }

  /// The number of each sequence's last new token among all. `[sequences]`
  public int[] lastTokens() {
    int[] last = new int[counts.length];
    int end = 0;
    for (int i = 0; i < counts.length; i++) {
      end += counts[i];
      last[i] = end - 1;
    }
    return last;
  }

  /// Makes room for the new tokens in all caches.
  public void reserve() {
    for (int i = 0; i < counts.length; i++) {
      caches.get(i).reserve(counts[i]);
    }
  }

  /// Counts the new tokens, which all layers have written.
  public void advance() {
    for (int i = 0; i < counts.length; i++) {
      caches.get(i).advance(counts[i]);
    }
  }
}
