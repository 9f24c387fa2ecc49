package llava4j.data.check;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import llava4j.io.Sha256;

/// Which ids have been seen. It keeps 64 bits of each one's hash in an open table, because a file
/// may have millions; two ids are taken for one with a chance of about one in a million there.
final class IdSet {
  private static final long FREE = 0;

  private final MessageDigest digest = Sha256.fresh();
  private long[] table = new long[1 << 10];
  private int count;

  /// @return whether the id is new
  boolean add(String id) {
    if (2 * count >= table.length) {
      long[] old = table;
      table = new long[2 * old.length];
      for (long hash : old) {
        if (hash != FREE) {
          table[place(hash)] = hash;
        }
      }
    }
    long hash = ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8))).getLong() | 1;
    int place = place(hash);
    if (table[place] == hash) {
      return false;
    }
    table[place] = hash;
    count++;
    return true;
  }

  /// Where the hash is, or the free place where it belongs.
  private int place(long hash) {
    int place = (int) (hash >>> 32) & (table.length - 1);
    while (table[place] != FREE && table[place] != hash) {
      place = (place + 1) & (table.length - 1);
    }
    return place;
  }
}
