package llava4j.tiny.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.rule.PaddedBox;
import llava4j.image.PixelValues;
import llava4j.image.Preprocessor;
import llava4j.image.RgbImage;
import llava4j.text.PromptEncoder;
import llava4j.tiny.model.PlacedWords;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// That a tower learns by the words of captions: which image, which region of it, which place.
@Tag("slow")
class CaptionWordsTest {

  @Test
  void aTowerLearnsToTellImagesByTheirCaptions() {
    try (ChosenBatches run = new ChosenBatches(UnaryOperator.identity())) {
      AtomicReference<Batch> kept = new AtomicReference<>();
      double first =
          run.step(batch -> {
            kept.set(batch);
            return batch;
          });
      double loss = first;
      for (int step = 1; step < 60; step++) {
        loss = run.step(_ -> kept.get());
      }
      assertThat(loss).isLessThan(0.5 * first);
      double exchanged = run.step(_ -> imagesExchanged(kept.get()));
      assertThat(exchanged).as("each caption with the next image").isGreaterThan(3 * loss);
      assertThat(run.trainable()).containsExactlyInAnyOrder("vision_tower", "projector");
    }
  }

  private static Batch imagesExchanged(Batch batch) {
    List<Batch.Item> items = new ArrayList<>();
    for (int i = 0; i < batch.samples().size(); i++) {
      Batch.Item item = batch.samples().get(i);
      Batch.Item next = batch.samples().get((i + 1) % batch.samples().size());
      items.add(new Batch.Item(item.index(), item.sample(), item.tokens(), next.images()));
    }
    return new Batch(items);
  }

  /// Two answers about one image: only where they lie in it tells them apart.
  @Test
  void aTowerLearnsWhatLiesInARegion() {
    PaddedBox left = new PaddedBox(0, 0, 0.5, 1);
    PaddedBox right = new PaddedBox(0.5, 0, 1, 1);
    try (ChosenBatches run = new ChosenBatches(UnaryOperator.identity())) {
      Batch batch = answers(run, left, right);
      double loss = 0;
      for (int step = 0; step < 80; step++) {
        loss = run.step(_ -> batch);
      }
      assertThat(loss).isLessThan(0.15);
      Batch exchanged = answers(run, right, left);
      assertThat(run.step(_ -> exchanged)).isGreaterThan(2);
    }
  }

  /// The loss is a sum of what is never below 0, so that it bounds the places' error.
  @Test
  void aTowerLearnsWhereItsRowsStand() {
    try (ChosenBatches without = new ChosenBatches(table(1));
        ChosenBatches with = new ChosenBatches(table(0))) {
      Batch batch = answers(with, new PaddedBox(0, 0, 0.5, 1), new PaddedBox(0.5, 0, 1, 1));
      double words = without.step(_ -> batch);
      double first = with.step(_ -> batch);
      assertThat(first).isGreaterThan(words + 0.3);
      double loss = first;
      for (int step = 1; step < 120; step++) {
        loss = with.step(_ -> batch);
      }
      assertThat(loss).isLessThan(0.2);
    }
  }

  /// Words with marks.
  ///
  /// @param places deviation of what they have in the columns for places
  private static UnaryOperator<Tensor> table(double places) {
    return given -> {
      try (given) {
        return PlacedWords.table(given.size(0), Math.toIntExact(given.size(1)), places);
      }
    };
  }

  /// One word of each of two regions.
  private static Batch answers(ChosenBatches run, PaddedBox first, PaddedBox second) {
    int slot = PromptEncoder.IMAGE_SLOT;
    int none = LabelledTokens.IGNORED;
    Sample sample =
        new Sample(
            "two regions",
            Optional.of("two.png"),
            List.of(
                new Turn(Speaker.HUMAN, "<image>\n" + first.text()),
                new Turn(Speaker.GPT, "one"),
                new Turn(Speaker.HUMAN, second.text()),
                new Turn(Speaker.GPT, "other")));
    LabelledTokens tokens =
        new LabelledTokens(
            new int[] {1, slot, 300, 400, 300, 500}, new int[] {none, none, none, 400, none, 500});
    PixelValues pixels =
        new Preprocessor(run.base().imageProcessor(), run.base().config().imageMode())
            .process(twoColours());
    return new Batch(
        List.of(new Batch.Item(0, sample, tokens, List.of(new Batch.Image(pixels, "two")))));
  }

  private static RgbImage twoColours() {
    int side = 64;
    byte[] values = new byte[side * side * 3];
    for (int pixel = 0; pixel < side * side; pixel++) {
      boolean leftHalf = Math.floorMod(pixel, side) < side / 2;
      values[3 * pixel + (leftHalf ? 0 : 1)] = (byte) 220;
    }
    return new RgbImage(side, side, values);
  }
}
