package llava4j.data.check;

import static llava4j.data.check.SampleTexts.sample;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The output files of a check: report and clean copy.
class CheckOutputTest extends CheckedFolder {
  @Test
  void everyKindOfProblemInOneFile() throws Exception {
    checkAllKinds(List.of());
    assertThat(tally.kinds().keySet()).containsExactly(Problem.values());
    String text = report(Severity.HURTING).text();
    for (Problem problem : Problem.values()) {
      assertThat(text).containsPattern("[12]  " + Pattern.quote(problem.title()) + ": ");
    }
    assertThat(text)
        .contains("'bad speaker' (9)", "the first: turn 1", "truncated to 20 tokens: 2");
    assertThat(text.lines()).allSatisfy(line -> assertThat(line).doesNotEndWith(" "));
  }

  @Test
  void theReportIsWrittenForPeopleAndPrograms() throws Exception {
    Path out = folder.resolve("out");
    try (ProblemLog log = new ProblemLog(out.resolve("problems.jsonl"))) {
      checkAllKinds(List.of(log));
      assertThat(out.resolve("problems.jsonl")).doesNotExist();
      log.complete();
    }
    CheckReport report = report(Severity.HURTING);
    report.write(out);
    assertThat(out.resolve("check.txt")).hasContent(report.text());
    JsonNode json = new JsonMapper().readTree(out.resolve("check.json").toFile());
    assertThat(json.path("samples").asInt()).isEqualTo(29);
    assertThat(json.path("usable").asBoolean()).isFalse();
    assertThat(json.path("problems")).hasSize(Problem.values().length);
    assertThat(json.at("/rows/cut_off").asInt()).isEqualTo(2);
    int counted = 0;
    for (JsonNode bin : json.at("/rows/histogram")) {
      counted += bin.path("count").asInt();
    }
    assertThat(counted).isEqualTo(json.at("/rows/count").asInt()).isPositive();
    List<String> lines = Files.readAllLines(out.resolve("problems.jsonl"));
    assertThat(lines).hasSize(28).allMatch(line -> !new JsonMapper().readTree(line).isEmpty());
  }

  @Test
  void theFixedFileKeepsSoundSamplesByteForByteAndChecksClean() throws Exception {
    Path fixed = folder.resolve("fixed.json");
    FixedCopy copy = fix(fixed, Severity.HURTING);
    assertThat(copy.kept()).isEqualTo(9);
    try (SampleFile samples = SampleFile.open(fixed)) {
      assertThat(samples.size()).isEqualTo(9);
      assertThat(new String(samples.bytes(0), StandardCharsets.UTF_8)).isEqualTo(TEXT);
    }
    List<JsonNode> dropped =
        Files.readAllLines(copy.droppedList()).stream().map(new JsonMapper()::readTree).toList();
    assertThat(dropped).hasSize(Math.toIntExact(copy.dropped())).hasSize(21);
    assertThat(dropped.get(0).path("id").asString()).as("a number").isEqualTo("1");
    assertThat(dropped.get(1).path("id").asString()).isEqualTo("after sample 2");
    assertThat(dropped.get(2).path("id").asString()).isEqualTo("json");
    assertThat(dropped.getLast().path("id").asString()).isEqualTo("masked");
    assertThat(dropped.getLast().at("/problems/0/kind").asString()).isEqualTo("refused");
    assertThat(dropped.getLast().at("/problems/0/detail").asString()).contains("masked");

    Tally again = new Tally();
    run(fixed, List.of(again));
    assertThat(again.found(Severity.HURTING)).isFalse();
    assertThat(again.found(Severity.ALL)).isTrue();
    assertThat(folder.toFile().list((_, name) -> name.endsWith(".part"))).isEmpty();
  }

  @Test
  void oddSamplesGoTooWhereAllCounts() throws Exception {
    Path fixed = folder.resolve("fixed.jsonl");
    fix(fixed, Severity.ALL);
    Tally again = new Tally();
    run(fixed, List.of(again));
    assertThat(again.kinds()).isEmpty();
    assertThat(again.samples()).isEqualTo(2);
  }

  @Test
  void aNameOfLinesGetsASampleALine() throws Exception {
    Path fixed = folder.resolve("fixed.jsonl");
    Files.writeString(
        file, "[{\n \"id\": \"a\\n\",\r\n" + TEXT.substring(13) + ",\n" + IMAGE + "]");
    try (FixedCopy copy = new FixedCopy(fixed, file, Severity.HURTING)) {
      run(file, List.of(copy));
      copy.complete();
    }
    assertThat(Files.readAllLines(fixed)).hasSize(2).last().isEqualTo(IMAGE);
    try (SampleFile samples = SampleFile.open(fixed)) {
      assertThat(samples.get(0).id()).isEqualTo("a\n");
    }
  }

  @Test
  void nothingIsWrittenWhereNothingIsLeftOrTheCheckEnds() throws Exception {
    Path fixed = folder.resolve("fixed.json");
    Files.writeString(file, "[" + sample("x", "", "human:q") + "]");
    try (FixedCopy copy = new FixedCopy(fixed, file, Severity.HURTING)) {
      run(file, List.of(copy));
      assertThatThrownBy(copy::complete)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("no sample would be left");
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactlyInAnyOrder(file, images);
    }
  }

  @Test
  void theCheckedFileIsNotReplaced() throws IOException {
    Files.writeString(file, TEXT);
    assertThatThrownBy(() -> new FixedCopy(images.resolve("../samples.json"), file, Severity.ALL))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is the checked file itself");
    assertThatThrownBy(() -> new FixedCopy(images, file, Severity.ALL))
        .hasMessageContaining("is a folder");
    assertThatThrownBy(() -> new FixedCopy(file.resolve("x.json"), file, Severity.ALL))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("cannot be written");
  }

  private FixedCopy fix(Path fixed, Severity severity) throws Exception {
    Files.createFile(file);
    try (FixedCopy copy = new FixedCopy(fixed, file, severity)) {
      checkAllKinds(List.of(copy));
      assertThat(fixed).doesNotExist();
      copy.complete();
      return copy;
    }
  }

  private CheckReport report(Severity severity) {
    return new CheckReport(file, tally, OptionalInt.of(WORDS.maxLength()), severity);
  }
}
