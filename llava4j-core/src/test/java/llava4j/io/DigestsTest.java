package llava4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestsTest {
  /// FIPS 180-2, appendix B.1.
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @TempDir Path folder;

  @Test
  void everyWayGivesTheSameSum() throws IOException {
    assertThat(Sha256.of("abc")).isEqualTo(ABC);
    assertThat(Sha256.of("abc".getBytes(StandardCharsets.UTF_8))).isEqualTo(ABC);
    assertThat(Sha256.of(Files.writeString(folder.resolve("abc"), "abc"))).isEqualTo(ABC);
    MessageDigest digest = Sha256.fresh();
    digest.update((byte) 'a');
    digest.update("bc".getBytes(StandardCharsets.UTF_8));
    assertThat(Sha256.of(digest)).isEqualTo(ABC);
  }

  /// As `git hash-object` says.
  @Test
  void gitsNameOfAFile() throws IOException {
    assertThat(GitHash.of(Files.writeString(folder.resolve("hello"), "hello\n")))
        .isEqualTo("ce013625030ba8dba906f756967f9e9ca394464a");
  }
}
