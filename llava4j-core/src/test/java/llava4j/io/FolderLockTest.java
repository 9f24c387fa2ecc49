package llava4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
  @TempDir private Path folder;

  /// A second attempt in the same process must not release the lock for other processes.
  @Test
  void refusedHereItIsStillRefusedElsewhere() throws IOException, InterruptedException {
    try (FolderLock _ = FolderLock.take(folder)) {
      assertThat(isFreeElsewhere()).isFalse();
      assertThatThrownBy(() -> FolderLock.take(folder.resolve(".")))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("in use by another run");
      assertThat(isFreeElsewhere()).isFalse();
    }
    assertThat(isFreeElsewhere()).isTrue();
    FolderLock.take(folder).close();
  }

  @Test
  void locksOfOtherNamesAreFree() {
    try (FolderLock _ = FolderLock.take(folder, ".shard-0");
        FolderLock _ = FolderLock.take(folder, ".shard-1")) {
      assertThatThrownBy(() -> FolderLock.take(folder, ".shard-1"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              folder + " is in use by another run; wait until it ends, or choose another --out");
    }
  }

  private boolean isFreeElsewhere() throws IOException, InterruptedException {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = other.waitFor();
    assertThat(said).contains(code == 0 ? "free" : "in use");
    return code == 0;
  }

  /// Another process.
  static final class Other {
    public static void main(String[] arguments) {
      try (FolderLock _ = FolderLock.take(Path.of(arguments[0]))) {
        System.out.println("free");
      }
    }
  }
}
