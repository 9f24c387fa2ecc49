package llava4j.tiny.data;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/// What depends on names and lines alone: decisions that stay when other data are added, and marks
/// of what something was made from.
final class Hashing {
  private Hashing() {}

  /// Eight digits that differ when a line does.
  static String of(List<String> lines) {
    CRC32C hash = new CRC32C();
    lines.forEach(line -> hash.update((line + "\n").getBytes(StandardCharsets.UTF_8)));
    return "%08x".formatted(hash.getValue());
  }

  /// A number from 0 to below 1 for a name.
  ///
  /// @param purpose keeps decisions of different kinds apart
  static double share(String name, String purpose) {
    CRC32C hash = new CRC32C();
    hash.update((purpose + ":" + name).getBytes(StandardCharsets.UTF_8));
    return new SplittableRandom(hash.getValue()).nextDouble();
  }
}
