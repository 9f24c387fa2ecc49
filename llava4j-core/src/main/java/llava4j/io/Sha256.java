package llava4j.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/// SHA-256, in hexadecimal digits.
public final class Sha256 {
  private Sha256() {}

  /// A digest for what comes piece by piece.
  public static MessageDigest fresh() {
    return Digests.of("SHA-256");
  }

  /// Of a text as UTF-8.
  public static String of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  public static String of(byte[] bytes) {
    return HexFormat.of().formatHex(fresh().digest(bytes));
  }

  /// Of a file's bytes.
  public static String of(Path file) throws IOException {
    MessageDigest digest = fresh();
    Digests.add(digest, file);
    return of(digest);
  }

  /// Of what a digest was given; it begins anew.
  public static String of(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
