package llava4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonlLogTest {
  private static final Instant NOW = Instant.parse("2025-03-04T05:06:07Z");

  @TempDir Path out;

  @Test
  void aStepIsOneLineWithAllItsNumbers() throws IOException {
    run(0, 1, 3);
    List<String> lines = Files.readAllLines(file());
    assertThat(lines).hasSize(3);
    JsonNode expected =
        new JsonMapper()
            .readTree(
                """
                {"step":2,"total_steps":9,"loss":4.0,"grad_norm":0.5,"lr":2.0e-4,
                 "projector_lr":2.0e-5,"samples":16,"tokens":4000,"supervised":1500,"seconds":2.0,
                 "samples_per_s":8.0,"tokens_per_s":2000.0,"mfu":0.5,"resident_mib":3,
                 "time":"2025-03-04T05:06:07Z"}
                """);
    assertThat(new JsonMapper().readTree(lines.get(1))).isEqualTo(expected);
    assertThat(JsonlLog.read(file())).hasSize(3).element(1).isEqualTo(expected);
  }

  @Test
  void linesBehindTheResumedStepAreCutOff() throws IOException {
    run(0, 1, 5);
    List<String> before = Files.readAllLines(file());
    run(3, 4, 6);
    assertThat(steps()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(Files.readAllLines(file())).startsWith(before.subList(0, 3).toArray(String[]::new));
    assertThat(out).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void aRunFromTheStartBeginsAnEmptyLog() throws IOException {
    run(0, 1, 5);
    run(0, 1, 2);
    assertThat(steps()).containsExactly(1L, 2L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"step\":4,\"lo", "{", "{\"step\":4,\"loss\":\"\\u12", "\u0000\u0000\u0000"})
  void aTornLastLineIsRepaired(String torn) throws IOException {
    run(0, 1, 3);
    Files.writeString(file(), torn, StandardOpenOption.APPEND);
    assertThat(JsonlLog.read(file())).hasSize(3);
    run(3, 4, 4);
    assertThat(steps()).containsExactly(1L, 2L, 3L, 4L);
    assertThat(Files.readString(file())).endsWith("}\n").doesNotContain(torn + "\n", "\u0000");
  }

  @Test
  void aLineTornWithinACharacterIsRepaired() throws IOException {
    run(0, 1, 2);
    Files.write(file(), new byte[] {'{', '"', (byte) 0xE6, (byte) 0xBC}, StandardOpenOption.APPEND);
    run(2, 3, 3);
    assertThat(steps()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void anEmptyLastLineHidesNothing() throws IOException {
    run(0, 1, 3);
    Files.writeString(file(), "\n", StandardOpenOption.APPEND);
    assertThat(JsonlLog.read(file())).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[{\"id\": 1}]", "{\"id\": \"a\"}\n{\"id\": \"b\"}\n", "\nwords"})
  void aFileOfAnotherKindIsNotReplaced(String content) throws IOException {
    Files.writeString(file(), content);
    assertThatThrownBy(() -> JsonlLog.requireNoOther(out))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("train.jsonl is not the log of a training run");
    assertThat(file()).hasContent(content);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "{\"st"})
  void aLogOrItsBeginningIsKnown(String content) throws IOException {
    JsonlLog.requireNoOther(out);
    Files.writeString(file(), content);
    JsonlLog.requireNoOther(out);
    Files.delete(file());
    run(0, 1, 3);
    JsonlLog.requireNoOther(out);
  }

  @Test
  void aLogThatIsNotThereIsEmpty() {
    assertThat(JsonlLog.read(file())).isEmpty();
  }

  @Test
  void aLossThatIsNoNumberStaysReadable() throws IOException {
    JsonlLog log = new JsonlLog(out, () -> NOW);
    log.onStart(StepReports.plan(out, 0, 9));
    log.onStep(StepReports.report(1, 9, Double.NaN, 2));
    log.onStep(StepReports.report(2, 9));
    assertThat(steps()).containsExactly(1L, 2L);
    assertThat(JsonlLog.read(file()).getFirst().get("loss").asString()).isEqualTo("NaN");
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    Path blocked = Files.writeString(out.resolve("blocked"), "a file");
    JsonlLog log = new JsonlLog(blocked, () -> NOW);
    assertThatThrownBy(() -> log.onStart(StepReports.plan(blocked, 0, 9)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(blocked.resolve("train.jsonl") + " cannot be written: ");
  }

  private void run(long firstStep, int from, int to) {
    JsonlLog log = new JsonlLog(out, () -> NOW);
    log.onStart(StepReports.plan(out, firstStep, 9));
    for (int step = from; step <= to; step++) {
      log.onStep(StepReports.report(step, 9));
    }
    log.onEnd(false);
  }

  private Path file() {
    return out.resolve("train.jsonl");
  }

  private List<Long> steps() throws IOException {
    JsonMapper json = new JsonMapper();
    return Files.readAllLines(file()).stream()
        .map(line -> json.readTree(line).get("step").asLong())
        .toList();
  }
}
