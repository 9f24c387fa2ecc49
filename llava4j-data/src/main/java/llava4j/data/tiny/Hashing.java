package llava4j.data.tiny;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/// Decisions that depend on a name alone, so that they stay when other data are added.
final class Hashing {
  private Hashing() {}

  /// A number from 0 to below 1 for a name.
  ///
  /// @param purpose keeps decisions of different kinds apart
  static double share(String name, String purpose) {
    CRC32C hash = new CRC32C();
    hash.update((purpose + ":" + name).getBytes(StandardCharsets.UTF_8));
    return new SplittableRandom(hash.getValue()).nextDouble();
  }
}
