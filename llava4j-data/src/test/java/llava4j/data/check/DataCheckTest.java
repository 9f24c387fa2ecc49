package llava4j.data.check;

import static llava4j.data.check.SampleTexts.sample;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;
import llava4j.golden.Golden;
import llava4j.image.decode.DecodeOptions;
import org.junit.jupiter.api.Test;

/// A complete check: images, ids, token counts, threads.
class DataCheckTest extends CheckedFolder {
  @Test
  void aSoundFileHasNoProblems() throws Exception {
    check(TEXT, IMAGE);
    assertThat(tally.kinds()).isEmpty();
    assertThat(tally.found(Severity.ALL)).isFalse();
    assertThat(tally.samples()).isEqualTo(2);
    assertThat(tally.wordsWithImage().max()).as("<image> what is it a photo").isEqualTo(6);
    assertThat(tally.wordsOfTextOnly().max()).isEqualTo(3);
    assertThat(tally.rows().max()).isEqualTo(16);
  }

  @Test
  void imagesThatCannotBeUsedAreFound() throws Exception {
    check(
        image("missing", "a/none.jpg"),
        image("renamed", "a/other.jpg"),
        image("blank", ""),
        image("folder", "a"),
        image("odd path", "a\0b"),
        image("cut", "a/cut.jpg"),
        image("words", "a/text.jpg"),
        image("nothing", "a/empty.png"),
        image("gif", "a/really_gif.jpg"));
    assertThat(ids(Problem.IMAGE_MISSING))
        .containsExactly("missing", "renamed", "folder", "odd path");
    assertThat(details(Problem.IMAGE_MISSING).get(1)).endsWith("(but there is a/other.png)");
    assertThat(ids(Problem.IMAGE_UNREADABLE)).containsExactly("cut", "words", "nothing");
    assertThat(details(Problem.IMAGE_UNREADABLE).get(1)).contains("text.jpg", "it holds text");
    assertThat(ids(Problem.IMAGE_MISNAMED)).containsExactly("gif");
    assertThat(details(Problem.IMAGE_MISNAMED)).containsExactly("a/really_gif.jpg is GIF");
    assertThat(tally.rows().count()).as("samples that are sound").isEqualTo(1);
  }

  /// Or else a cleaned copy would lack images that are sound.
  @Test
  void anImageForWhichTheHeapIsTooSmallIsNoFinding() throws Exception {
    byte[] vast = Files.readAllBytes(Golden.path("images/anim.gif"));
    ByteBuffer.wrap(vast)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort(6, (short) 23_000)
        .putShort(8, (short) 23_000);
    Files.write(images.resolve("a/vast.gif"), vast);
    Files.writeString(file, "[" + image("vast", "a/vast.gif") + "]");
    DataCheck check = new DataCheck(images, DecodeOptions.LARGEST_MAX_PIXELS, Optional.empty(), 2);

    assertThatThrownBy(() -> check.run(file, silent(), List.of(tally)))
        .isInstanceOf(MemoryShortageException.class)
        .hasMessageContainingAll("vast.gif is 23000x23000", "-Xmx");
  }

  @Test
  void whatTheWrongPathMeantIsNamed() throws Exception {
    check(
        image("case", "A/Sound.JPG"),
        image("absolute", "/a/sound.jpg"),
        image("folder", "images/a/sound.jpg"),
        image("address", "https://example.org/a/sound.jpg"),
        image("backslash", "a\\sound.jpg"),
        image("dot", "./a/sound.jpg"));
    assertThat(ids(Problem.IMAGE_MISSING)).containsExactly("case", "absolute", "folder", "address");
    assertThat(details(Problem.IMAGE_MISSING).get(0)).endsWith("(but there is a/sound.jpg)");
    assertThat(details(Problem.IMAGE_MISSING).get(1)).contains("there is a/sound.jpg; is the");
    assertThat(details(Problem.IMAGE_MISSING).get(2)).contains("there is a/sound.jpg; is the");
    assertThat(details(Problem.IMAGE_MISSING).get(3)).contains("is a URL");
    assertThat(tally.rows().count()).as("backslash and dot are read").isEqualTo(2);
  }

  @Test
  void otherModalitiesAndSeveralImagesAreKindsOfTheirOwn() throws Exception {
    check(
        TEXT,
        TEXT.replace("\"id\":\"text\"", "\"id\":\"video\",\"video\":\"x.mp4\""),
        sample("placeholder", "", "human:<audio>\nwhat is said?", "gpt:nothing"),
        IMAGE.replace("\"a/sound.jpg\"", "[\"a/sound.jpg\",\"a/other.png\"]"));
    assertThat(ids(Problem.OTHER_MODALITY)).containsExactly("video", "placeholder");
    assertThat(details(Problem.OTHER_MODALITY).getFirst()).contains("'video'", "x.mp4");
    assertThat(ids(Problem.SEVERAL_IMAGES)).containsExactly("picture");
    assertThat(tally.found(Severity.HURTING)).isTrue();
  }

  @Test
  void anEmptyPathIsAMissingImage() throws Exception {
    check(IMAGE.replace("a/sound.jpg", ""));
    assertThat(ids(Problem.IMAGE_MISSING)).containsExactly("picture");
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
  void badInputIsOneSentence() {
    assertThatThrownBy(() -> new DataCheck(folder.resolve("nowhere"), Optional.empty(), 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("nowhere is not a folder");
    assertThatThrownBy(() -> run(folder.resolve("none.json"), List.of()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void progressCountsSamples() throws Exception {
    Files.writeString(file, String.join("\n", TEXT, "{}", IMAGE));
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

  private List<String> ids(Problem problem) {
    return tally.kinds().get(problem).first().stream().map(Finding::id).toList();
  }

  private List<String> details(Problem problem) {
    return tally.kinds().get(problem).first().stream().map(Finding::detail).toList();
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

  /// What the rule does besides counting.
  private interface Work {
    void run() throws InterruptedException;
  }

  private static TokenRule rule(Work work) {
    return new TokenRule() {
      @Override
      public Tokens of(Sample sample, Optional<ImageSize> image) {
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
