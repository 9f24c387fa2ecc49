package llava4j.data.check;

import static llava4j.data.check.SampleTexts.sample;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A whole check: pictures, ids, rows, the report and the clean copy.
class DataCheckTest {
  private static final String TEXT = sample("text", "", "human:why so", "gpt:because");
  private static final String PICTURE =
      sample("picture", "a/sound.jpg", "human:<image>\nwhat is it", "gpt:a photo");

  @TempDir Path folder;
  private Path file;
  private Path images;
  private final Tally tally = new Tally();

  /// Words are rows, a picture has ten, and the word "refuse" is refused.
  private static final TokenRule WORDS =
      new TokenRule() {
        @Override
        public Tokens of(Sample sample, Optional<PictureSize> picture) {
          if (sample.turns().getLast().text().contains("refuse")) {
            throw new BadInputException("this cannot be masked");
          }
          int rows = Math.abs(sample.modalityLength()) + (picture.isPresent() ? 10 : 0);
          return new Tokens(rows, rows > 30 ? 0 : 1);
        }

        @Override
        public int maxLength() {
          return 20;
        }
      };

  @BeforeEach
  void pictures() throws IOException {
    file = folder.resolve("samples.json");
    images = Files.createDirectories(folder.resolve("images/a")).getParent();
    byte[] jpeg = Files.readAllBytes(Golden.path("images/photo_444.jpg"));
    Files.write(images.resolve("a/sound.jpg"), jpeg);
    Files.write(images.resolve("a/cut.jpg"), Arrays.copyOf(jpeg, jpeg.length / 2));
    Files.writeString(images.resolve("a/text.jpg"), "no picture");
    Files.createFile(images.resolve("a/empty.png"));
    Files.copy(Golden.path("images/anim.gif"), images.resolve("a/really_gif.jpg"));
    Files.copy(Golden.path("images/shapes_rgb.png"), images.resolve("a/other.png"));
  }

  @Test
  void aSoundFileHasNoProblems() throws Exception {
    check(TEXT, PICTURE);
    assertThat(tally.kinds()).isEmpty();
    assertThat(tally.found(Severity.ALL)).isFalse();
    assertThat(tally.samples()).isEqualTo(2);
    assertThat(tally.wordsWithPicture().max()).as("<image> what is it a photo").isEqualTo(6);
    assertThat(tally.wordsOfTextOnly().max()).isEqualTo(3);
    assertThat(tally.rows().max()).isEqualTo(16);
  }

  @Test
  void picturesThatCannotBeUsedAreFound() throws Exception {
    check(
        picture("missing", "a/none.jpg"),
        picture("renamed", "a/other.jpg"),
        picture("blank", ""),
        picture("folder", "a"),
        picture("odd path", "a\0b"),
        picture("cut", "a/cut.jpg"),
        picture("words", "a/text.jpg"),
        picture("nothing", "a/empty.png"),
        picture("gif", "a/really_gif.jpg"));
    assertThat(ids(Problem.PICTURE_MISSING))
        .containsExactly("missing", "renamed", "folder", "odd path");
    assertThat(details(Problem.PICTURE_MISSING).get(1)).endsWith("(but there is other.png)");
    assertThat(ids(Problem.PICTURE_UNREADABLE)).containsExactly("cut", "words", "nothing");
    assertThat(details(Problem.PICTURE_UNREADABLE).get(1)).contains("text.jpg", "it holds text");
    assertThat(ids(Problem.PICTURE_MISNAMED)).containsExactly("gif");
    assertThat(details(Problem.PICTURE_MISNAMED)).containsExactly("a/really_gif.jpg is GIF");
    assertThat(tally.rows().count()).as("samples that are sound").isEqualTo(1);
  }

  @Test
  void anEmptyPathIsAMissingPicture() throws Exception {
    check(PICTURE.replace("a/sound.jpg", ""));
    assertThat(ids(Problem.PICTURE_MISSING)).containsExactly("picture");
  }

  @Test
  void idsThatAreMissingOrUsedTwiceAreFoundInOrder() throws Exception {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      texts.add(TEXT.replace("\"text\"", "\"n" + i % 2990 + "\""));
    }
    texts.add(TEXT.replace("\"id\":\"text\",", ""));
    check(texts.toArray(String[]::new));
    assertThat(tally.count(Problem.DUPLICATE_ID)).isEqualTo(10);
    assertThat(tally.kinds().get(Problem.DUPLICATE_ID).first())
        .extracting(Finding::number)
        .containsExactly(2990, 2991, 2992, 2993, 2994);
    assertThat(ids(Problem.ID_MISSING)).containsExactly("3000");
    assertThat(tally.found(Severity.HURTING)).isFalse();
    assertThat(tally.found(Severity.ALL)).isTrue();
  }

  @Test
  void whatDoesNotFitIsCounted() throws Exception {
    check(
        TEXT,
        sample("long", "", "human:" + "word ".repeat(24), "gpt:x"),
        sample("longer", "", "human:" + "word ".repeat(40), "gpt:x"),
        sample("masked", "", "human:q", "gpt:refuse"));
    assertThat(ids(Problem.CUT_OFF)).containsExactly("long", "longer");
    assertThat(ids(Problem.NOTHING_SUPERVISED)).containsExactly("longer");
    assertThat(details(Problem.REFUSED)).containsExactly("this cannot be masked");
    assertThat(tally.rows().count()).isEqualTo(3);
    assertThat(tally.rows().quantile(0.5)).isEqualTo(25);
  }

  @Test
  void everyKindOfProblemInOneFile() throws Exception {
    checkAllKinds(List.of());
    assertThat(tally.kinds().keySet()).containsExactly(Problem.values());
    String text = report(Severity.HURTING).text();
    for (Problem problem : Problem.values()) {
      assertThat(text).containsPattern("[12]  " + Pattern.quote(problem.title()) + ": ");
    }
    assertThat(text).contains("'bad speaker' (7)", "the first: turn 1", "cut off at 20 rows: 2");
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
    assertThat(json.path("samples").asInt()).isEqualTo(27);
    assertThat(json.path("usable").asBoolean()).isFalse();
    assertThat(json.path("problems")).hasSize(Problem.values().length);
    assertThat(json.at("/rows/cut_off").asInt()).isEqualTo(2);
    int counted = 0;
    for (JsonNode bin : json.at("/rows/histogram")) {
      counted += bin.path("count").asInt();
    }
    assertThat(counted).isEqualTo(json.at("/rows/count").asInt()).isPositive();
    List<String> lines = Files.readAllLines(out.resolve("problems.jsonl"));
    assertThat(lines).hasSize(26).allMatch(line -> !new JsonMapper().readTree(line).isEmpty());
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
    assertThat(dropped).hasSize(Math.toIntExact(copy.dropped())).hasSize(19);
    assertThat(dropped.get(0).path("id").asString()).as("a number").isEqualTo("1");
    assertThat(dropped.get(1).path("id").asString()).isEqualTo("behind sample 2");
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
        file, "[{\n \"id\": \"a\\n\",\r\n" + TEXT.substring(13) + ",\n" + PICTURE + "]");
    try (FixedCopy copy = new FixedCopy(fixed, file, Severity.HURTING)) {
      run(file, List.of(copy));
      copy.complete();
    }
    assertThat(Files.readAllLines(fixed)).hasSize(2).last().isEqualTo(PICTURE);
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
        .hasMessageContaining("is the file that is checked");
    assertThatThrownBy(() -> new FixedCopy(images, file, Severity.ALL))
        .hasMessageContaining("is a folder");
    assertThatThrownBy(() -> new FixedCopy(file.resolve("x.json"), file, Severity.ALL))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("cannot be written");
  }

  @Test
  void badInputIsOneSentence() {
    assertThatThrownBy(() -> new DataCheck(folder.resolve("nowhere"), Optional.empty(), 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("nowhere is no folder");
    assertThatThrownBy(() -> run(folder.resolve("none.json"), List.of()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void progressCountsSamples() throws Exception {
    Files.writeString(file, String.join("\n", TEXT, "{}", PICTURE));
    List<Long> done = new ArrayList<>();
    List<Long> read = new ArrayList<>();
    new DataCheck(images, Optional.empty(), 2)
        .run(
            file,
            new DataCheck.Progress() {
              @Override
              public void onBytes(long at, long total) {
                read.add(at);
              }

              @Override
              public void onSamples(long at, long total) {
                assertThat(total).isEqualTo(2);
                done.add(at);
              }
            },
            List.of());
    assertThat(done).containsExactly(1L, 2L);
    assertThat(read.getLast()).isEqualTo(Files.size(file));
  }

  @Test
  void noMoreSamplesAreWorkedOnThanThereAreThreads() throws Exception {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    TokenRule slow =
        rule(() -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          Thread.sleep(2);
          now.decrementAndGet();
        });
    Files.writeString(file, String.join("\n", IntStream.range(0, 60).mapToObj(_ -> TEXT).toList()));
    new DataCheck(images, Optional.of(slow), 3).run(file, silent(), List.of());
    assertThat(most).hasValueBetween(2, 3);
  }

  @Test
  void anInterruptEndsTheCheckAndLeavesNoFile() throws Exception {
    Files.writeString(
        file, String.join("\n", IntStream.range(0, 20_000).mapToObj(_ -> TEXT).toList()));
    Path fixed = folder.resolve("fixed.json");
    TokenRule slow = rule(() -> Thread.sleep(5));
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      AtomicInteger seen = new AtomicInteger();
      Future<?> check =
          threads.submit(() -> {
            try (FixedCopy copy = new FixedCopy(fixed, file, Severity.HURTING)) {
              CheckListener counter = listener(seen);
              new DataCheck(images, Optional.of(slow), 2)
                  .run(file, silent(), List.of(copy, counter));
              copy.complete();
            }
            return null;
          });
      while (seen.get() < 3) {
        Thread.onSpinWait();
      }
      threads.shutdownNow();
      assertThatThrownBy(check::get)
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseInstanceOf(InterruptedException.class);
      assertThat(seen).hasValueLessThan(20_000);
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactlyInAnyOrder(file, images);
    }
  }

  /// One sample for each problem, with as few others as can be.
  private void checkAllKinds(List<CheckListener> more) throws Exception {
    String all =
        "["
            + String.join(
                ",",
                TEXT,
                "17",
                PICTURE + ",", // a comma too many
                "{\"id\":\"json\",\"conversations\":[{]}",
                "{\"id\":\"image\",\"image\":[\"a.jpg\"]," + turns() + "}",
                "{\"id\":\"conversations\"}",
                "{\"id\":\"turn\",\"conversations\":[{\"from\":\"human\"}]}",
                sample("bad speaker", "", "system:s", "human:q", "gpt:a"),
                sample("order", "", "human:q", "human:q", "gpt:a"),
                sample("end", "", "human:q", "gpt:a", "human:q"),
                sample("empty", "", "human:q", "gpt: "),
                sample("no place", "a/sound.jpg", "human:q", "gpt:a"),
                sample("places", "a/sound.jpg", "human:<image>", "gpt:a", "human:<image>", "gpt:a"),
                sample("answer", "a/sound.jpg", "human:q", "gpt:<image>"),
                sample("no picture", "", "human:<image>", "gpt:a"),
                picture("missing", "a/none.jpg"),
                picture("cut", "a/cut.jpg"),
                sample("longest", "", "human:" + "word ".repeat(40), "gpt:x"),
                sample("masked", "", "human:q", "gpt:refuse"),
                // odd
                "{" + turns() + "}",
                TEXT,
                sample("begin", "", "gpt:a", "human:q", "gpt:a"),
                sample("later", "a/sound.jpg", "human:q", "gpt:a", "human:<image>", "gpt:a"),
                sample("twice", "a/sound.jpg", "human:<image><image>", "gpt:a"),
                picture("gif", "a/really_gif.jpg"),
                sample("long", "", "human:" + "word ".repeat(24), "gpt:x"),
                "[]")
            + "]";
    Files.writeString(file, all);
    List<CheckListener> listeners = new ArrayList<>(more);
    listeners.add(tally);
    run(file, listeners);
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

  private void check(String... texts) throws Exception {
    Files.writeString(file, "[" + String.join(",\n", texts) + "]");
    run(file, List.of(tally));
  }

  private void run(Path path, List<CheckListener> listeners) throws InterruptedException {
    new DataCheck(images, Optional.of(WORDS), 2).run(path, silent(), listeners);
  }

  private List<String> ids(Problem problem) {
    return tally.kinds().get(problem).first().stream().map(Finding::id).toList();
  }

  private List<String> details(Problem problem) {
    return tally.kinds().get(problem).first().stream().map(Finding::detail).toList();
  }

  private static String picture(String id, String image) {
    return sample(id, image, "human:<image>\nwhat", "gpt:it");
  }

  private static String turns() {
    return TEXT.substring(TEXT.indexOf("\"conversations\""), TEXT.length() - 1);
  }

  private static CheckListener listener(AtomicInteger seen) {
    return new CheckListener() {
      @Override
      public void onBroken(List<Finding> findings) {}

      @Override
      public void onSample(CheckedSample sample) {
        seen.incrementAndGet();
      }
    };
  }

  private static DataCheck.Progress silent() {
    return new DataCheck.Progress() {
      @Override
      public void onBytes(long done, long total) {}

      @Override
      public void onSamples(long done, long total) {}
    };
  }

  /// What a rule does besides counting.
  private interface Work {
    void run() throws InterruptedException;
  }

  private static TokenRule rule(Work work) {
    return new TokenRule() {
      @Override
      public Tokens of(Sample sample, Optional<PictureSize> picture) {
        try {
          work.run();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        return new Tokens(1, 1);
      }

      @Override
      public int maxLength() {
        return 20;
      }
    };
  }
}
