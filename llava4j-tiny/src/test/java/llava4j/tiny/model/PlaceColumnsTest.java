package llava4j.tiny.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import llava4j.config.Llava15;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.model.SeededTensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/// Places of an image's rows, and how a language model is known that has columns for them.
class PlaceColumnsTest {
  private static final int SIDE = 6;
  private static final int ROWS = SIDE * SIDE;
  private static final int DIM = 256;

  @Test
  void everyPlaceDiffers() {
    try (Scope _ = new Scope()) {
      float[] places = Tensors.toFloats(PlaceColumns.of(ROWS));
      for (int row = 0; row < ROWS; row++) {
        for (int other = 0; other < row; other++) {
          assertThat(apart(places, row, other)).isGreaterThan(0.3);
        }
      }
      for (int row = 1; row < SIDE; row++) {
        assertThat(places[row * PlaceColumns.COUNT])
            .as("the longest wave falls from left to right")
            .isLessThan(places[(row - 1) * PlaceColumns.COUNT]);
        assertThat(apart(places, 0, row))
            .as("across as down")
            .isCloseTo(apart(places, 0, row * SIDE), within(1e-6));
      }
    }
  }

  private static double apart(float[] places, int row, int other) {
    double sum = 0;
    for (int i = 0; i < PlaceColumns.COUNT; i++) {
      double difference =
          places[row * PlaceColumns.COUNT + i] - places[other * PlaceColumns.COUNT + i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  @Test
  void rowsThatHaveTheirPlacesHaveNoError() {
    try (Scope _ = new Scope()) {
      Tensor rows = new SeededTensors(5).normal("rows", List.of(2L, (long) ROWS, (long) DIM), 1);
      double without = PlaceColumns.error(rows).item_double();
      assertThat(without).isBetween(1.2, 1.8); // 0.5 of the places, 1 of what is there instead
      for (int i = 0; i < 20; i++) { // what is written changes the row's length
        Tensor length = rows.square().mean(new long[] {2}, true, null).sqrt(); // [2, rows, 1]
        rows.narrow(2, PlaceColumns.first(DIM), PlaceColumns.COUNT)
            .copy_(PlaceColumns.of(ROWS).mul(length));
      }
      assertThat(PlaceColumns.error(rows).item_double()).isLessThan(1e-5);
      assertThat(PlaceColumns.error(rows.mul(new Scalar(7))).item_double())
          .as("whatever their length")
          .isLessThan(1e-5);
    }
  }

  @Test
  void aFreshTableSetsThemApartAndOthersDoNot() {
    try (Scope _ = new Scope()) {
      List<Long> shape = List.of(320L, (long) DIM);
      Tensor table =
          new FreshDecoder(Llava15.tiny(320).text(), new SeededTensors(7))
              .of("language_model.embed_tokens.weight", shape); // [vocab, dim]
      assertThat(PlaceColumns.areSetApartIn(table)).isTrue();
      Tensor learned = table.add(new SeededTensors(8).normal("step", shape, 0.1));
      assertThat(PlaceColumns.areSetApartIn(learned)).isTrue();
      Tensor other = new SeededTensors(9).normal("words", shape, 0.02);
      assertThat(PlaceColumns.areSetApartIn(other)).isFalse();
      assertThat(PlaceColumns.areSetApartIn(other.add(new Scalar(1)))).as("marks alone").isFalse();
      assertThat(PlaceColumns.areSetApartIn(torch.ones(8, 12))).as("too narrow").isFalse();
    }
  }
}
