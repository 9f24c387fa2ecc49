package llava4j.tiny.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalInt;
import llava4j.config.Llava15;
import llava4j.config.RopeScaling;
import llava4j.config.TextConfig;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.model.SeededTensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/// What words keep and where heads look before anything is learned.
class FreshDecoderTest {
  private static final int ROWS = 40; // of a sequence; the first half is an image's
  private static final int IMAGE = ROWS / 2;
  private static final String BLOCK = "language_model.layers.%d.self_attn.%s_proj.weight";

  private final TextConfig config = Llava15.tiny(320).text();
  private final List<Long> square = List.of((long) config.dim(), (long) config.dim());
  private final FreshDecoder decoder = new FreshDecoder(config, new SeededTensors(7));

  /// Heads of the plan for eight; four heads take every other one.
  private int head(int eighth) {
    return eighth * config.numHeads() / 8;
  }

  @Test
  void someHeadsLookBack() {
    float[][] words = words();
    for (int row = IMAGE + 2; row < ROWS; row++) {
      assertThat(best(scores(words, 0, head(6), row))).as("two back").isEqualTo(row - 2);
      assertThat(best(scores(words, 1, head(4), row))).as("one back").isEqualTo(row - 1);
    }
  }

  @Test
  void someHeadsLookAtTheLastDozenRows() {
    double[] shares = softmax(scores(words(), 1, head(6), ROWS - 1));
    double lately = 0;
    for (int row = ROWS - 13; row < ROWS; row++) {
      lately += shares[row];
      assertThat(shares[row]).isLessThan(0.5);
    }
    assertThat(lately).isGreaterThan(0.9);
  }

  @Test
  void someHeadsLookAtWhatWasFound() {
    float[][] words = words();
    int found = IMAGE + 5;
    for (int row = IMAGE; row < ROWS; row++) {
      words[row][config.dim() - FreshDecoder.MARKS - FreshDecoder.SIGNS] = row == found ? 0 : -4;
    }
    double[] shares = softmax(scores(words, 1, head(2), ROWS - 1));
    assertThat(shares[found]).isGreaterThan(0.5);
    assertThat(shares[0]).isLessThan(0.01); // an image's row
  }

  @Test
  void oneHeadLooksAtTheWholeImage() {
    double[] shares = softmax(scores(words(), config.numLayers() - 1, head(2), ROWS - 1));
    for (int row = 0; row < ROWS; row++) {
      assertThat(shares[row]).isBetween(row < IMAGE ? 0.02 : 0, row < IMAGE ? 0.12 : 1e-3);
    }
  }

  @Test
  void headsFindTheirLikeInTheImage() {
    float[][] words = words();
    for (int block = 0; block < config.numLayers() - 1; block++) {
      int found = 0;
      for (int row = IMAGE; row < ROWS; row++) {
        found += best(scores(words, block, head(0), row)) == row - IMAGE ? 1 : 0;
      }
      assertThat(found).as("block " + block).isGreaterThan(IMAGE * 8 / 10);
    }
  }

  @Test
  void whatIsFoundInWordsAloneLeavesASign() {
    try (Scope _ = new Scope()) {
      Tensor through = through(1, head(0)); // [dim, dim]
      assertThat(sign(through, words()[IMAGE])).isCloseTo(-1, within(1e-5));
      assertThat(sign(through, words()[0])).isCloseTo(0, within(1e-5)); // an image's row
      Tensor on = through(1, head(6)); // passes it on
      float[] signed = words()[IMAGE];
      signed[config.dim() - FreshDecoder.MARKS - FreshDecoder.SIGNS] = -1;
      assertThat(sign(on, signed)).isCloseTo(-1, within(1e-5));
    }
  }

  @Test
  void allHeadsPassOnPlaces() {
    try (Scope _ = new Scope()) {
      float[] row = words()[0];
      for (int i = 0; i < PlaceColumns.COUNT; i++) {
        row[PlaceColumns.first(config.dim()) + i] = i - 3;
      }
      for (int block = 0; block < config.numLayers(); block++) {
        for (int head = 0; head < config.numHeads(); head++) {
          Tensor passed = through(block, head).mv(Tensors.ofFloats(row, config.dim())); // [dim]
          float[] places =
              Tensors.toFloats(
                  passed
                      .narrow(0, PlaceColumns.first(config.dim()), PlaceColumns.COUNT)
                      .contiguous());
          for (int i = 0; i < PlaceColumns.COUNT; i++) {
            assertThat(places[i]).isCloseTo(i - 3, within(1e-4f));
          }
        }
      }
    }
  }

  /// What a head adds of a row that it looks at. [dim, dim]
  private Tensor through(int block, int head) {
    long first = (long) head * config.headDim();
    Tensor values = decoder.of(BLOCK.formatted(block, "v"), square); // [heads * headDim, dim]
    Tensor added = decoder.of(BLOCK.formatted(block, "o"), square); // [dim, heads * headDim]
    return added.narrow(1, first, config.headDim()).mm(values.narrow(0, first, config.headDim()));
  }

  private double sign(Tensor through, float[] row) {
    Tensor seen = through.mv(Tensors.ofFloats(row, config.dim())); // [dim]
    return seen.select(0, config.dim() - FreshDecoder.MARKS - FreshDecoder.SIGNS).item_double();
  }

  @Test
  void attentionPassesOnWhatItSees() {
    try (Scope _ = new Scope()) {
      Tensor values = decoder.of(BLOCK.formatted(0, "v"), square);
      Tensor added = decoder.of(BLOCK.formatted(0, "o"), square);
      Tensor row = Tensors.ofFloats(words()[IMAGE], config.dim()); // [dim]
      Tensor passed = added.mm(values).mv(row); // [dim], of all heads together
      double along =
          passed.dot(row).item_double() / passed.norm().item_double() / row.norm().item_double();
      assertThat(along).isGreaterThan(0.6);
    }
  }

  @Test
  void wordsOutweighWhatFeedForwardsAddAndLogitsAreOfTheirLength() {
    try (Scope _ = new Scope()) {
      List<Long> shape = List.of((long) config.vocab(), (long) config.dim());
      Tensor table = decoder.of("language_model.embed_tokens.weight", shape); // [vocab, dim]
      int free = PlaceColumns.first(config.dim());
      int empty = PlaceColumns.COUNT + FreshDecoder.SIGNS;
      assertThat(table.narrow(1, 0, free).std(true).item_double()).isCloseTo(1, within(0.02));
      assertThat(table.narrow(1, free, empty).abs().max().item_double()).isZero();
      Tensor marks = table.narrow(1, free + empty, FreshDecoder.MARKS);
      assertThat(marks.sub(new Scalar(1)).abs().max().item_double()).isZero();
      Tensor added = decoder.of("language_model.layers.1.mlp.down_proj.weight", square);
      Tensor read = decoder.of("language_model.layers.1.mlp.up_proj.weight", square);
      double share = added.std(true).item_double() / read.std(true).item_double();
      assertThat(share).isCloseTo(0.1 / Math.sqrt(2.0 * config.numLayers()), within(1e-3));
      List<Long> row = List.of((long) config.dim());
      assertThat(decoder.of("language_model.norm.weight", row).max().item_double())
          .isCloseTo(1 / Math.sqrt(config.dim()), within(1e-6));
      assertThat(
              decoder.of("language_model.layers.1.input_layernorm.weight", row).max().item_double())
          .isEqualTo(1);
    }
  }

  @Test
  void headsThatShareKeysOrTurnTooFastAreRefused() {
    for (TextConfig unfit : List.of(with(2, 1e6), with(4, 2))) {
      assertThatThrownBy(() -> new FreshDecoder(unfit, new SeededTensors(7)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static TextConfig with(int numKvHeads, double ropeTheta) {
    return new TextConfig(
        256,
        704,
        4,
        4,
        numKvHeads,
        64,
        320,
        1024,
        1e-5,
        ropeTheta,
        new RopeScaling.None(),
        true,
        OptionalInt.empty());
  }

  /// Rows of an image, and the words for them in the same order, of length 1 a column. [rows][dim]
  private float[][] words() {
    float[][] rows = new float[ROWS][config.dim()];
    try (Scope _ = new Scope()) {
      float[] directions =
          Tensors.toFloats(
              new SeededTensors(3).normal("words", List.of((long) IMAGE, (long) config.dim()), 1));
      int free = PlaceColumns.first(config.dim());
      for (int row = 0; row < ROWS; row++) {
        System.arraycopy(directions, row % IMAGE * config.dim(), rows[row], 0, free);
        for (int mark = config.dim() - FreshDecoder.MARKS; mark < config.dim(); mark++) {
          rows[row][mark] = row < IMAGE ? 0 : 1;
        }
      }
    }
    return rows;
  }

  /// Of one row to itself and all before, places turned as the rotary embedding does.
  private double[] scores(float[][] rows, int block, int head, int at) {
    try (Scope _ = new Scope()) {
      float[] queries = Tensors.toFloats(decoder.of(BLOCK.formatted(block, "q"), square));
      float[] keys = Tensors.toFloats(decoder.of(BLOCK.formatted(block, "k"), square));
      double[] query = turned(queries, head, rows[at], at);
      double[] scores = new double[at + 1];
      for (int row = 0; row <= at; row++) {
        double[] key = turned(keys, head, rows[row], row);
        for (int i = 0; i < key.length; i++) {
          scores[row] += query[i] * key[i] / Math.sqrt(config.headDim());
        }
      }
      return scores;
    }
  }

  private double[] turned(float[] matrix, int head, float[] row, int place) {
    int half = config.headDim() / 2;
    double[] plain = new double[config.headDim()];
    for (int i = 0; i < plain.length; i++) {
      int start = (head * config.headDim() + i) * config.dim();
      for (int j = 0; j < config.dim(); j++) {
        plain[i] += matrix[start + j] * row[j];
      }
    }
    double[] turned = new double[config.headDim()];
    for (int pair = 0; pair < half; pair++) {
      double angle = place * Math.pow(config.ropeTheta(), -2.0 * pair / config.headDim());
      turned[pair] = plain[pair] * Math.cos(angle) - plain[half + pair] * Math.sin(angle);
      turned[half + pair] = plain[half + pair] * Math.cos(angle) + plain[pair] * Math.sin(angle);
    }
    return turned;
  }

  private static int best(double[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  private static double[] softmax(double[] scores) {
    double most = scores[best(scores)];
    double sum = 0;
    double[] shares = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      shares[i] = Math.exp(scores[i] - most);
      sum += shares[i];
    }
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= sum;
    }
    return shares;
  }
}
