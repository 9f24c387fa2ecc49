package llava4j.data.mixture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleWriterTest {
  private static final Sample TEXT =
      new Sample(
          "a\"b",
          Optional.empty(),
          List.of(
              new Turn(Speaker.HUMAN, "\u732b \ud83d\udc31\n\t\\ \u2028"),
              new Turn(Speaker.GPT, "half \ud83d, other half \udc31")));
  private static final Sample IMAGE =
      new Sample("1", Optional.of("x/1.jpg"), List.of(new Turn(Speaker.HUMAN, "<image>")));

  @TempDir private Path folder;

  @Test
  void samplesComeBack() {
    Path out = folder.resolve("out.json");
    try (SampleWriter writer = SampleWriter.open(out)) {
      writer.write(TEXT);
      writer.write(IMAGE);
      assertThat(out).doesNotExist();
      writer.commit();
    }
    try (SampleFile read = SampleFile.open(out)) {
      assertThat(read.size()).isEqualTo(2);
      assertThat(read.get(0).turns().getFirst()).isEqualTo(TEXT.turns().getFirst());
      assertThat(read.get(0).turns().getLast().text()).isEqualTo("half \ufffd, other half \ufffd");
      assertThat(read.get(1)).isEqualTo(IMAGE);
    }
  }

  @Test
  void withoutCommitNothingIsLeft() throws IOException {
    Path out = Files.writeString(folder.resolve("out.json"), "before");
    try (SampleWriter writer = SampleWriter.open(out)) {
      writer.write(TEXT);
    }
    assertThat(out).hasContent("before");
    assertThat(folder).isDirectoryNotContaining(file -> !file.equals(out));
  }

  @Test
  void placesThatCannotBeWrittenAreNamed() throws IOException {
    assertThatThrownBy(() -> SampleWriter.open(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is a folder");
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> SampleWriter.open(file.resolve("out.json")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("cannot be written");
  }
}
