package llava4j.train.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.config.LlavaConfig;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.data.Turn;
import llava4j.golden.Golden;
import llava4j.image.ImageMode;
import llava4j.image.PatchMerge;
import llava4j.image.Preprocessor;
import llava4j.image.Resolution;
import llava4j.image.decode.DecodeOptions;
import llava4j.model.ImageEncoder;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The token counts of the check equal those of a run.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SampleRowsTest {
  private static final ImageSize SIZE = new ImageSize(400, 300);

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

  /// The share of the samples that fits the maximum length.
  enum Room {
    FOR_ALL,
    FOR_HALF,
    FOR_NONE;

    int of(int[] rows, int context) {
      return switch (this) {
        case FOR_ALL -> context;
        case FOR_HALF -> rows[rows.length / 2] - 1;
        case FOR_NONE -> rows[0] / 2;
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Room.class)
  void rowsAreThoseOfTheLoader(Room room) {
    Preprocessor pad = new Preprocessor(base.imageProcessor(), new ImageMode.Pad());
    int maxLength = room.of(lengths(pad), base.config().contextLength());
    SampleRows counted = rows(pad, base.config(), maxLength);
    int usable = 0;
    try (SampleFile file = SampleFile.open(Golden.path("training/stage2_data.json"))) {
      SampleLoader loader =
          new SampleLoader(
              file,
              Golden.path("images"),
              new LabelMasker(
                  ConversationTemplate.VICUNA_V1, tokenizer, maxLength, MaskRule.BY_CONSTRUCTION),
              pad,
              base.config(),
              maxLength,
              DecodeOptions.DEFAULT_MAX_PIXELS);
      for (int i = 0; i < file.size(); i++) {
        Sample sample = file.get(i);
        int supervised;
        try {
          supervised = counted.of(sample, sample.image().map(_ -> SIZE)).supervised();
        } catch (BadSampleException e) {
          assertRefused(loader, i, e.getMessage());
          continue;
        }
        if (supervised == 0) {
          assertRefused(loader, i, "no supervised token");
        } else {
          assertThat(supervised).isEqualTo(supervised(loader.load(i), maxLength));
          usable++;
        }
      }
      assertThat(usable)
          .as("usable of " + file.size())
          .isBetween(room == Room.FOR_NONE ? 0 : 1, file.size() - (room == Room.FOR_NONE ? 1 : 0));
      assertThat(usable == file.size() || room != Room.FOR_ALL).isTrue();
    }
  }

  /// Token counts of all samples, in ascending order.
  private int[] lengths(Preprocessor pad) {
    SampleRows whole = rows(pad, base.config(), base.config().contextLength());
    try (SampleFile file = SampleFile.open(Golden.path("training/stage2_data.json"))) {
      return IntStream.range(0, Math.toIntExact(file.size()))
          .mapToObj(file::get)
          .mapToInt(sample -> whole.of(sample, sample.image().map(_ -> SIZE)).rows())
          .sorted()
          .toArray();
    }
  }

  private static void assertRefused(SampleLoader loader, int index, String why) {
    assertThatThrownBy(() -> loader.load(index)).hasMessageContaining(why);
  }

  @Test
  void theWholeLengthIsCountedBeforeAnythingIsCutOff() {
    Preprocessor pad = new Preprocessor(base.imageProcessor(), new ImageMode.Pad());
    int context = base.config().contextLength();
    Sample text = sample(Optional.empty(), "why so " + "on ".repeat(200));
    Sample image = sample(Optional.of("a.png"), "<image>\nwhy so");
    SampleRows wide = rows(pad, base.config(), context);
    SampleRows narrow = rows(pad, base.config(), 70);
    assertThat(narrow.of(text, Optional.empty()).rows())
        .isEqualTo(wide.of(text, Optional.empty()).rows())
        .isGreaterThan(200);
    int words = wide.of(sample(Optional.of("a.png"), "<image>\n"), Optional.of(SIZE)).rows();
    assertThat(wide.of(image, Optional.of(SIZE)).rows()).isGreaterThan(words);
    assertThat(wide.maxLength()).isEqualTo(context);
  }

  @Test
  void tilesCountAsTheyWillBeCut() {
    LlavaConfig plain = base.config();
    int side = plain.vision().imageSize();
    ImageMode anyRes =
        new ImageMode.AnyRes(
            List.of(new Resolution(side, 2 * side), new Resolution(2 * side, 2 * side)));
    LlavaConfig tiled =
        new LlavaConfig(
            plain.vision(),
            plain.projector(),
            plain.text(),
            anyRes,
            PatchMerge.SPATIAL_UNPAD,
            plain.contextLength());
    Preprocessor preprocessor = new Preprocessor(base.imageProcessor(), anyRes);
    SampleRows rows = rows(preprocessor, tiled, plain.contextLength());
    Sample sample = sample(Optional.of("a.png"), "<image>\nwhy so");
    int tall = rows.of(sample, Optional.of(new ImageSize(100, 220))).rows();
    int square = rows.of(sample, Optional.of(new ImageSize(300, 300))).rows();
    assertThat(square - tall)
        .isPositive()
        .isEqualTo(
            ImageEncoder.order(tiled, preprocessor.grid(300, 300)).length
                - ImageEncoder.order(tiled, preprocessor.grid(100, 220)).length);
  }

  @Test
  void aSampleThatCannotBeMaskedIsRefused() {
    Preprocessor pad = new Preprocessor(base.imageProcessor(), new ImageMode.Pad());
    SampleRows captions =
        new SampleRows(ConversationTemplate.PLAIN, tokenizer, pad, base.config(), 256);
    assertThatThrownBy(() -> captions.of(sample(Optional.empty(), "q"), Optional.empty()))
        .isInstanceOf(BadSampleException.class)
        .hasMessageContaining("a caption sample needs one");
  }

  private SampleRows rows(Preprocessor preprocessor, LlavaConfig config, int maxLength) {
    return new SampleRows(
        ConversationTemplate.VICUNA_V1, tokenizer, preprocessor, config, maxLength);
  }

  private int supervised(Batch.Item item, int maxLength) {
    List<int[]> images =
        item.images().stream()
            .map(image -> ImageEncoder.order(base.config(), image.pixels().grid()))
            .toList();
    return SequencePlan.supervised(item.tokens(), images, maxLength);
  }

  private static Sample sample(Optional<String> image, String question) {
    return new Sample(
        "s",
        image,
        List.of(
            new Turn(Turn.Speaker.HUMAN, question), new Turn(Turn.Speaker.GPT, "because of that")));
  }
}
