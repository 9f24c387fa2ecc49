package llava4j.train.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.image.ImageMode;
import llava4j.image.Preprocessor;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Samples that cannot be used for training: their messages, and how many may be skipped.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SampleLoaderTest {
  private static final int MAX_LENGTH = 256;
  private static final int IMAGE_SLOT = -200;
  private static final int IGNORED = -100;
  private static final String SOUND = sample("sound", "", "human:why", "gpt:because");
  private static final String IMAGE =
      sample("picture", "photo_444.jpg", "human:<image>\\nwhat", "gpt:a photo");

  @TempDir Path folder;
  private Checkpoint base;
  private Tokenizer tokenizer;

  @BeforeAll
  void open() {
    base = new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original"));
    tokenizer = LabelMaskerGoldenTest.tokenizer(true, true);
  }

  @AfterAll
  void close() {
    tokenizer.close();
    base.close();
  }

  @Test
  void soundSamplesAreLoaded() throws IOException {
    try (SampleFile file = file(SOUND, IMAGE)) {
      SampleLoader loader = loader(file, ConversationTemplate.VICUNA_V1, MAX_LENGTH);
      Batch.Item text = loader.load(0);
      assertThat(text.id()).isEqualTo("sound");
      assertThat(text.index()).isZero();
      assertThat(text.images()).isEmpty();
      assertThat(text.tokens().ids()).doesNotContain(IMAGE_SLOT);
      assertThat(text.tokens().labels()).contains(IGNORED);
      assertThat(Arrays.stream(text.tokens().labels()).filter(id -> id != IGNORED)).isNotEmpty();
      Batch.Item image = loader.load(1);
      assertThat(image.images()).hasSize(1);
      assertThat(Arrays.stream(image.tokens().ids()).filter(id -> id == IMAGE_SLOT)).hasSize(1);
    }
  }

  @Test
  void theSameImageHasTheSameKeyWhateverItsName() throws IOException {
    Files.copy(Golden.path("images/photo_444.jpg"), folder.resolve("copy.jpg"));
    String copy = sample("copy", folder.resolve("copy.jpg").toString(), "human:<image>", "gpt:x");
    String other = sample("other", "photo_420.jpg", "human:<image>", "gpt:x");
    try (SampleFile file = file(IMAGE, copy, other)) {
      SampleLoader loader = loader(file, ConversationTemplate.VICUNA_V1, MAX_LENGTH);
      List<String> keys =
          IntStream.range(0, 3).mapToObj(i -> loader.load(i).images().getFirst().key()).toList();
      assertThat(keys.get(1)).isEqualTo(keys.getFirst());
      assertThat(keys.get(2)).isNotEqualTo(keys.getFirst());
    }
  }

  /// Decoded as in the original's training (spec 2).
  @Test
  void noImageIsTurnedByItsExif() throws IOException {
    String name = "exif_orientation6.jpg";
    byte[] bytes = Files.readAllBytes(Golden.path("images/" + name));
    RgbImage stored = ImageDecoder.decode(bytes, name, DecodeOptions.reference()).image();
    RgbImage upright = ImageDecoder.decode(bytes, name, DecodeOptions.defaults()).image();
    assertThat(stored.sha256()).isNotEqualTo(upright.sha256());
    try (SampleFile file = file(sample("turned", name, "human:<image>", "gpt:x"))) {
      Batch.Image loaded =
          loader(file, ConversationTemplate.VICUNA_V1, MAX_LENGTH).load(0).images().getFirst();
      assertThat(loaded.key()).isEqualTo(stored.sha256());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nowhere.jpg | its image | does not exist",
        "'' | its image | does not exist",
        "not/../../here.jpg | its image | does not exist",
        "nul\\u0000.jpg | its image | path"
      })
  void aMissingImageIsNamed(String image, String what, String why) throws IOException {
    String missing =
        "{\"id\":\"odd\",\"image\":\""
            + image
            + "\",\"conversations\":"
            + "[{\"from\":\"human\",\"value\":\"<image>\"},{\"from\":\"gpt\",\"value\":\"x\"}]}";
    assertBad(missing, what, why);
  }

  @Test
  void aImageThatIsNoneIsNamed() throws IOException {
    Path text = Files.writeString(folder.resolve("text.jpg"), "no image");
    assertBad(
        sample("odd", text.toString(), "human:<image>", "gpt:x"),
        "its image cannot be read",
        "text.jpg");
  }

  @Test
  void aImageThatIsCutOffIsNamed() throws IOException {
    byte[] bytes = Files.readAllBytes(Golden.path("images/shapes_rgb.png"));
    Path cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(bytes, 60));
    assertBad(
        sample("odd", cut.toString(), "human:<image>", "gpt:x"),
        "its image cannot be read",
        "cut.png");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "human:a;human:b | does not alternate between human and gpt: turn 2 is from human",
        "human:a;gpt:b;gpt:c | does not alternate between human and gpt: turn 3 is from gpt",
        "system:a;human:b;gpt:c | does not alternate between human and gpt: turn 1 is from other",
        "gpt:a | has no turns",
        "human:a;gpt:  | has an empty answer",
        "human:a;gpt:b;human:c;gpt: | has an empty answer",
        "human:<image> a;gpt:b | has <image> in its turns but no image",
        "human:a;gpt:b <image> | has <image> in its turns but no image",
        "human:a | has no supervised token within its first 256 tokens",
      })
  void aConversationThatIsNotSoundIsNamed(String turns, String said) throws IOException {
    assertBad(sample("odd", "", turns.split(";", -1)), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "human:a;gpt:b | has an image but no <image> in its turns",
        "human:<image> a;gpt:b;human:<image> c;gpt:d | one image but <image> in 2 turns"
      })
  void aImageWithoutItsOnePlaceIsNamed(String turns, String said) throws IOException {
    assertBad(sample("odd", "photo_444.jpg", turns.split(";", -1)), said);
  }

  @Test
  void anAnswerBeyondTheLimitIsNamed() throws IOException {
    String question = "human:" + "why ".repeat(MAX_LENGTH);
    assertBad(
        sample("odd", "", question, "gpt:because"),
        "has no supervised token within its first 256 tokens");
    assertBad(
        sample("odd", "photo_444.jpg", question + "<image>", "gpt:because"),
        "has no supervised token within its first 256 tokens");
  }

  @Test
  void aPlaceBeyondTheLimitIsNamed() throws IOException {
    String early = "human:" + "why ".repeat(MAX_LENGTH);
    assertBad(
        sample("odd", "photo_444.jpg", early, "gpt:x", "human:<image> and", "gpt:y"),
        "0 image placeholder(s) within its first 256 tokens, but 1 image(s)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "human:<image>;gpt:a;human:b;gpt:c | has 4 turns",
        "human:what;gpt:a | no <image> in its turns",
        "human:<image>;gpt: | has an empty answer"
      })
  void aCaptionThatIsNotSoundIsNamed(String turns, String said) throws IOException {
    try (SampleFile file = file(sample("odd", "photo_444.jpg", turns.split(";", -1)))) {
      assertThatThrownBy(() -> loader(file, ConversationTemplate.PLAIN, MAX_LENGTH).load(0))
          .isInstanceOf(BadSampleException.class)
          .hasMessageContainingAll("sample 'odd'", said);
    }
  }

  @ParameterizedTest
  @CsvSource({"2,2", "3,5"})
  void asManyAsAllowedAreReplacedAndListed(int maxBad, int prefetch) throws IOException {
    String bad = sample("bad", "", "human:a", "gpt:");
    String missing = sample("missing", "nowhere.png", "human:<image>", "gpt:x");
    Path list = folder.resolve("listed" + maxBad + "/bad_samples_0.jsonl");
    try (SampleFile file = file(SOUND, bad, IMAGE, missing, SOUND)) {
      BadSamples counted = new BadSamples(list.getParent(), 0, maxBad);
      List<Integer> used = new ArrayList<>();
      try (BatchPrefetcher batches = batches(file, counted, prefetch)) {
        for (int step = 0; step < 10; step++) {
          batches.next().forEach(batch -> batch.samples().forEach(item -> used.add(item.index())));
        }
      }
      assertThat(used).startsWith(0, 2, 2, 4, 4, 0, 2).hasSize(10);
      assertThat(counted.count()).isEqualTo(2);
    }
    assertThat(Files.readAllLines(list))
        .satisfiesExactly(
            line -> assertThat(line).contains("\"index\":1", "'bad'", "empty answer"),
            line -> assertThat(line).contains("\"index\":3", "'missing'", "does not exist"));
  }

  @Test
  void oneMoreThanAllowedEndsTheRun() throws IOException {
    String bad = sample("bad", "", "human:a", "gpt:");
    String missing = sample("missing", "nowhere.png", "human:<image>", "gpt:x");
    try (SampleFile file = file(SOUND, bad, SOUND, missing);
        BatchPrefetcher batches = batches(file, new BadSamples(folder.resolve("one"), 0, 1), 1)) {
      for (int step = 0; step < 3; step++) {
        assertThat(batches.next()).hasSize(1);
      }
      assertThatThrownBy(batches::next)
          .isInstanceOf(BadInputException.class)
          .hasMessageContainingAll("2 samples cannot be used", "maxBad is 1", "'missing'");
    }
    assertThat(Files.readAllLines(folder.resolve("one/bad_samples_0.jsonl"))).hasSize(2);
  }

  @Test
  void aFileOfBadSamplesAloneEndsTheRun() throws IOException {
    String bad = sample("bad", "", "human:a", "gpt:");
    try (SampleFile file = file(bad, bad);
        BatchPrefetcher batches = batches(file, new BadSamples(folder.resolve("all"), 0, 9), 1)) {
      assertThatThrownBy(batches::next)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("no sample of the file can be used");
    }
  }

  private void assertBad(String sample, String... said) throws IOException {
    try (SampleFile file = file(SOUND, sample)) {
      SampleLoader loader = loader(file, ConversationTemplate.VICUNA_V1, MAX_LENGTH);
      assertThatThrownBy(() -> loader.load(1))
          .isInstanceOf(BadSampleException.class)
          .hasMessageStartingWith("sample 'odd'")
          .hasMessageContainingAll(said)
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
  }

  /// Steps of one sample, in the file's order.
  private BatchPrefetcher batches(SampleFile file, BadSamples bad, int prefetch) {
    return new BatchPrefetcher(
        new StepLayout(file.size(), 1, 1, 1),
        0,
        loader(file, ConversationTemplate.VICUNA_V1, MAX_LENGTH),
        epoch -> IntStream.range(0, file.size()).toArray(),
        bad,
        0,
        prefetch);
  }

  private SampleLoader loader(SampleFile file, ConversationTemplate template, int maxLength) {
    return new SampleLoader(
        file,
        Golden.path("images"),
        new LabelMasker(template, tokenizer, maxLength, MaskRule.BY_CONSTRUCTION),
        new Preprocessor(base.imageProcessor(), new ImageMode.Pad()),
        base.config(),
        maxLength,
        DecodeOptions.DEFAULT_MAX_PIXELS);
  }

  private SampleFile file(String... samples) throws IOException {
    return SampleFile.open(
        Files.writeString(folder.resolve("samples.jsonl"), String.join("\n", samples)));
  }

  /// @param image empty for none
  /// @param turns `speaker:text`
  private static String sample(String id, String image, String... turns) {
    List<String> conversation = new ArrayList<>();
    for (String turn : turns) {
      int colon = turn.indexOf(':');
      conversation.add(
          "{\"from\":\"%s\",\"value\":\"%s\"}"
              .formatted(turn.substring(0, colon), turn.substring(colon + 1)));
    }
    return "{\"id\":\"%s\",%s\"conversations\":[%s]}"
        .formatted(
            id,
            image.isEmpty() ? "" : "\"image\":\"" + image + "\",",
            String.join(",", conversation));
  }
}
