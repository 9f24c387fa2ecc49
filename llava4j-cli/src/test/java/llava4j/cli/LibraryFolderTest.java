package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryFolderTest {
  @TempDir private Path folder;

  @Test
  void theFirstFolderThatHasTheFileCounts() throws IOException {
    Path first = Files.createDirectory(folder.resolve("first"));
    Path second = Files.createDirectory(folder.resolve("second"));
    Path third = Files.createDirectory(folder.resolve("third"));
    Files.createDirectory(first.resolve("lib.so"));
    Path file = Files.createFile(second.resolve("lib.so"));
    Files.createFile(third.resolve("lib.so"));
    String folders =
        String.join(
            File.pathSeparator, "", first.toString(), "a\0b", second.toString(), third.toString());

    assertThat(LibraryFolder.find("lib.so", folders)).contains(file);
    assertThat(LibraryFolder.find("other.so", folders)).isEmpty();
    assertThat(LibraryFolder.find("lib.so", "")).isEmpty();
  }
}
