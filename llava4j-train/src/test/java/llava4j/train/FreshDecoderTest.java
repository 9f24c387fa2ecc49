package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import llava4j.config.Llava15;
import llava4j.config.TextConfig;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/// What words keep and where heads look before anything is learned.
class FreshDecoderTest {
  private static final int WORDS = 30;
  private static final String BLOCK = "language_model.layers.%d.self_attn.%s_proj.weight";

  private final TextConfig config = Llava15.tiny(320).text();
  private final List<Long> square = List.of((long) config.dim(), (long) config.dim());
  private final FreshDecoder decoder = new FreshDecoder(config, new SeededTensors(7));

  @Test
  void halfOfTheHeadsOfLaterBlocksLookAtWhatIsAlike() {
    try (Scope _ = new Scope()) {
      Tensor rows = twice(); // [2 * words, dim]
      for (int block = 1; block < config.numLayers(); block++) {
        for (int head = 0; head < config.numHeads() / 2; head++) {
          assertThat(alike(scores(rows, block, head))).as(block + "." + head).isGreaterThan(30);
        }
        assertThat(alike(scores(rows, block, config.numHeads() - 1))).isLessThan(20);
      }
      assertThat(alike(scores(rows, 0, 0))).isLessThan(20);
    }
  }

  @Test
  void theFasterPairsTakeNoPart() {
    try (Scope _ = new Scope()) {
      Tensor queries = decoder.of(BLOCK.formatted(2, "q"), square); // [heads * headDim, dim]
      int half = config.headDim() / 2;
      for (int row = 0; row < config.headDim(); row++) {
        double largest = queries.select(0, row).abs().max().item_double();
        assertThat(largest > 0).as("row " + row).isEqualTo(row % half >= half / 2);
      }
    }
  }

  @Test
  void wordsOutweighWhatBlocksAddAndLogitsAreOfTheirLength() {
    try (Scope _ = new Scope()) {
      List<Long> table = List.of((long) config.vocab(), (long) config.dim());
      Tensor words = decoder.of("language_model.embed_tokens.weight", table); // [vocab, dim]
      assertThat(words.std(true).item_double()).isCloseTo(1, within(0.02));
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

  /// Random words, then the same ones again. [2 * words, dim]
  private Tensor twice() {
    Tensor words =
        new SeededTensors(3)
            .normal("words", List.of((long) WORDS, (long) config.dim()), 1); // [words, dim]
    return torch.cat(new org.bytedeco.pytorch.TensorVector(words, words), 0);
  }

  /// Of one head, before the rotation; own rows left out. [2 * words, 2 * words]
  private Tensor scores(Tensor rows, int block, int head) {
    Tensor queries = rows.mm(decoder.of(BLOCK.formatted(block, "q"), square).t());
    Tensor keys = rows.mm(decoder.of(BLOCK.formatted(block, "k"), square).t());
    long start = (long) head * config.headDim();
    Tensor scores =
        queries
            .narrow(1, start, config.headDim())
            .mm(keys.narrow(1, start, config.headDim()).t()); // [2 * words, 2 * words]
    return scores.fill_diagonal_(new Scalar(-1e9));
  }

  /// Rows whose best match is the same word's other place.
  private static int alike(Tensor scores) {
    long[] best = Tensors.toLongs(scores.argmax(new LongOptional(1), false));
    int count = 0;
    for (int i = 0; i < best.length; i++) {
      if (best[i] == Math.floorMod(i + WORDS, 2 * WORDS)) {
        count++;
      }
    }
    return count;
  }
}
