package llava4j.train.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BadSamplesTest {
  @TempDir Path folder;

  @Test
  void theFirstEndsARunThatAllowsNone() throws IOException {
    BadSamples bad = new BadSamples(out(), 0, 0);
    assertThatThrownBy(() -> bad.add(3, reason(3)))
        .isInstanceOf(BadInputException.class)
        .hasMessage("sample 's3' is \"bad\"; correct it, or allow N bad samples with maxBad=N");
    assertThat(listed()).containsExactly(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4})
  void theOneThatEndedTheRunEndsItWhenItIsStartedAgain(int allowed) {
    BadSamples bad = new BadSamples(out(), 0, allowed);
    for (int i = 0; i < allowed; i++) {
      bad.add(i, reason(i));
    }
    for (int i = 0; i < 2; i++) {
      BadSamples again = new BadSamples(out(), 0, allowed);
      assertThatThrownBy(() -> again.add(9, reason(9)))
          .isInstanceOf(BadInputException.class)
          .hasMessageContainingAll("sample 's9'", "maxBad");
    }
    BadSamples more = new BadSamples(out(), 0, allowed + 1);
    more.add(9, reason(9));
    assertThat(more.count()).isEqualTo(allowed + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void asManyAsAllowedAreListedAndTheNextEndsTheRun(int allowed) throws IOException {
    BadSamples bad = new BadSamples(out(), 0, allowed);
    for (int i = 0; i < allowed; i++) {
      bad.add(10 + i, reason(10 + i));
    }
    assertThat(bad.count()).isEqualTo(allowed);
    int next = 10 + allowed;
    assertThatThrownBy(() -> bad.add(next, reason(next)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith((allowed + 1) + " samples cannot be used, but maxBad is " + allowed)
        .hasMessageContainingAll(
            out().resolve("bad_samples_*.jsonl").toString(), "sample 's" + next + "'");
    assertThat(listed()).isEqualTo(IntStream.rangeClosed(10, next).boxed().toList());
  }

  @Test
  void theSameSampleCountsOnce() throws IOException {
    BadSamples bad = new BadSamples(out(), 0, 1);
    for (int epoch = 0; epoch < 3; epoch++) {
      bad.add(7, reason(7));
    }
    assertThat(bad.count()).isEqualTo(1);
    assertThat(listed()).containsExactly(7);
  }

  /// Process 0 skips two samples, process 1 skips one of these and another one; then the run
  /// resumes from a checkpoint.
  @Test
  void theRunsProcessesAndItsResumesCountTogether() throws IOException {
    BadSamples zero = new BadSamples(out(), 0, 3);
    BadSamples one = new BadSamples(out(), 1, 3);
    zero.add(1, reason(1));
    zero.add(2, reason(2));
    one.add(2, reason(2));
    one.add(3, reason(3));
    assertThat(zero.count()).isEqualTo(3);
    assertThat(one.count()).isEqualTo(3);
    Files.writeString(file(), "{\"index\":9,\"re", StandardOpenOption.APPEND); // it was killed
    BadSamples resumed = new BadSamples(out(), 0, 3);
    resumed.add(2, reason(2)); // the replayed step meets it again
    assertThat(resumed.count()).isEqualTo(3);
    assertThat(listed()).containsExactly(1, 2);
    assertThatThrownBy(() -> resumed.add(4, reason(4)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("4 samples cannot be used, but maxBad is 3");
    BadSamples.deleteLists(out());
    assertThat(new BadSamples(out(), 0, 3).count()).isZero();
  }

  /// File names contain characters of several bytes.
  @Test
  void aLineThatEndsWithinALetterIsNone() throws IOException {
    new BadSamples(out(), 0, 3).add(1, reason(1));
    byte[] begun = "{\"index\":9,\"reason\":\"caf\u00e9".getBytes(StandardCharsets.UTF_8);
    Files.write(file(), Arrays.copyOf(begun, begun.length - 1), StandardOpenOption.APPEND);
    assertThat(new BadSamples(out(), 1, 3).count()).isEqualTo(1); // another process looks
    assertThat(new BadSamples(out(), 0, 3).count()).isEqualTo(1); // its own goes on
    assertThat(listed()).containsExactly(1);
  }

  @Test
  void aLineTellsTheReason() throws IOException {
    new BadSamples(out(), 0, 1).add(4, reason(4));
    JsonNode line = new JsonMapper().readTree(Files.readString(file()));
    assertThat(line.get("reason").asString()).isEqualTo("sample 's4' is \"bad\"");
  }

  @Test
  void withoutBadSamplesThereIsNoFile() {
    assertThat(new BadSamples(out(), 0, 1).count()).isZero();
    assertThat(file()).doesNotExist();
  }

  @Test
  void manyThreadsWriteWholeLines() throws IOException {
    BadSamples bad = new BadSamples(out(), 0, 1000);
    IntStream.range(0, 400).parallel().forEach(i -> bad.add(i % 200, reason(i % 200)));
    assertThat(bad.count()).isEqualTo(200);
    assertThat(listed())
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 200).boxed().toList());
  }

  @Test
  void aListThatCannotBeWrittenIsNamed() throws IOException {
    Path blocked = Files.writeString(folder.resolve("blocked"), "a file");
    assertThatThrownBy(() -> new BadSamples(blocked, 0, 1).add(1, reason(1)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(blocked.resolve("bad_samples_0.jsonl") + " cannot be written");
  }

  private Path out() {
    return folder.resolve("out");
  }

  private Path file() {
    return out().resolve("bad_samples_0.jsonl");
  }

  private static BadSampleException reason(int index) {
    return new BadSampleException("sample 's" + index + "' is \"bad\"");
  }

  private List<Integer> listed() throws IOException {
    JsonMapper json = new JsonMapper();
    return Files.readAllLines(file()).stream()
        .map(line -> json.readTree(line).get("index").asInt())
        .toList();
  }
}
