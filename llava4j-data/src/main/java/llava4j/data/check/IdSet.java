package llava4j.data.check;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import llava4j.io.Sha256;

/// A set of ids. It stores only a 64-bit hash of each id in a hash table with open addressing,
/// because a file may have millions of ids; with that many, the probability that two different ids
/// collide is about one in a million.
final class IdSet {
  private static final long FREE = 0;

  private final MessageDigest digest = Sha256.fresh();
  private long[] table = new long[1 << 10];
  private int count;

  /// Adds an id.
  ///
  /// @return whether the id is new
  boolean add(String id) {
    if (2 * count >= table.length) {
      long[] old = table;
      table = new long[2 * old.length];
      for (long hash : old) {
        if (hash != FREE) {
          table[slot(hash)] = hash;
        }
      }
    }
    long hash = ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8))).getLong() | 1;
    int slot = slot(hash);
    if (table[slot] == hash) {
      return false;
    }
    table[slot] = hash;
    count++;
    return true;
  }

  /// The slot of the hash, or the free slot for it.
  private int slot(long hash) {
    int slot = (int) (hash >>> 32) & (table.length - 1);
    while (table[slot] != FREE && table[slot] != hash) {
      slot = (slot + 1) & (table.length - 1);
    }
    return slot;
  }
}
