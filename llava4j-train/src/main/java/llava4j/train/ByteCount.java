package llava4j.train;

import java.util.Locale;

/// A number of bytes for people.
///
/// @param bytes 0 or more
record ByteCount(long bytes) {
  private static final double GIB = 1L << 30;
  private static final double MIB = 1L << 20;

  @Override
  public String toString() {
    return bytes < GIB
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / MIB)
        : String.format(Locale.ROOT, "%.2f GiB", bytes / GIB);
  }
}
