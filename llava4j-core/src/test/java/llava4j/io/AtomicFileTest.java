package llava4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void aFileIsSeenOnlyWhenItIsWhole() throws IOException {
    Path path = Files.writeString(folder.resolve("a.txt"), "old");
    try (AtomicFile file = AtomicFile.open(path)) {
      file.write(text("new "));
      file.out().write(text("and "));
      file.write(ByteBuffer.allocateDirect(3).put(text("raw")).flip());
      assertThat(path).hasContent("old");
      file.commit();
      assertThat(path).hasContent("new and raw");
    }
    assertThat(path).hasContent("new and raw");
    assertThat(folder).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void whatIsNotCommittedLeavesNothing() throws IOException {
    Path path = Files.writeString(folder.resolve("a.txt"), "old");
    try (AtomicFile file = AtomicFile.open(path)) {
      file.write(text("new"));
    }
    try (AtomicFile file = AtomicFile.openAmongMany(path)) {
      file.write(text("new"));
    }
    assertThatThrownBy(() ->
            AtomicFile.write(
                path,
                out -> {
                  throw new IOException("no room");
                }))
        .isInstanceOf(BadInputException.class)
        .hasMessage(path + " cannot be written: no room; free some space or name another place");
    assertThat(path).hasContent("old");
    assertThat(folder.toFile().list()).containsExactly("a.txt");
  }

  @Test
  void severalMayWriteOneFileAtOnce() {
    Path path = folder.resolve("deep/a.txt");
    try (AtomicFile one = AtomicFile.openAmongMany(path);
        AtomicFile other = AtomicFile.openAmongMany(path)) {
      one.write(text("a long one"));
      other.write(text("other"));
      other.commitUnforced();
      assertThat(path).hasContent("other");
      one.commit();
    }
    assertThat(path).hasContent("a long one");
    assertThat(folder.resolve("deep").toFile().list()).containsExactly("a.txt");
  }

  @Test
  void whatCannotBeWrittenIsNamed() throws IOException {
    Path blocked = Files.writeString(folder.resolve("blocked"), "");
    assertThatThrownBy(() -> AtomicFile.open(blocked.resolve("a.txt")))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(blocked.resolve("a.txt") + " cannot be written: ");
    Path full = Files.createDirectories(folder.resolve("full/inside")).getParent();
    assertThatThrownBy(() -> AtomicFile.writeText(full, "a text"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(full + " cannot be written: ");
    assertThat(folder).isDirectoryNotContaining("glob:**.part");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
