package llava4j.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/// The name that git gives a file's content: SHA-1 of its kind, its size and its bytes.
public final class GitHash {
  private GitHash() {}

  /// In hexadecimal digits.
  public static String of(Path file) throws IOException {
    MessageDigest digest = Digests.of("SHA-1");
    digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.US_ASCII));
    Digests.add(digest, file);
    return HexFormat.of().formatHex(digest.digest());
  }
}
