package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Embeddings of texts, against those that Python's transformers computes from the same weights:
/// `last_hidden_state.mean(1)`, normalised.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TextEmbeddingTest {
  private Llava llava;

  @BeforeAll
  void load() {
    llava = Llava.load(Golden.path("original"));
  }

  @AfterAll
  void close() {
    llava.close();
  }

  @Test
  void itIsTheMeanOfTheHiddenStates() {
    TextEmbedding cat = llava.embed("A cat sits on a mat.");
    TextEmbedding greeting = llava.embed("Hi");

    assertThat(cat.tokens()).isEqualTo(11);
    assertThat(cat.values()).hasSize(256);
    assertThat(Arrays.copyOf(cat.values(), 8))
        .containsExactly(
            new float[] {
              -0.012017f,
              -0.005296f,
              -0.048264f,
              0.165136f,
              0.135445f,
              0.035216f,
              -0.046086f,
              -0.011814f
            },
            within(2e-5f));
    assertThat(Arrays.copyOf(greeting.values(), 8))
        .containsExactly(
            new float[] {
              -0.008261f,
              -0.026673f,
              -0.02727f,
              0.054207f,
              0.058487f,
              0.026637f,
              0.059976f,
              -0.057406f
            },
            within(2e-5f));
  }

  @Test
  void itsLengthIsOneAlsoForTextsOfSeveralPasses() {
    int[] many = IntStream.range(0, 1200).map(i -> 3 + i % 1000).toArray();
    TextEmbedding embedding = llava.embed(many);

    double square = 0;
    for (float value : embedding.values()) {
      square += value * value;
    }
    assertThat(square).isCloseTo(1, within(1e-5));
    assertThat(llava.embed(many).values()).isEqualTo(embedding.values());
  }

  @Test
  void whatHasNoEmbedding() {
    assertThatThrownBy(() -> llava.embed(new int[0]))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("without tokens");
    assertThatThrownBy(() -> llava.embed(new int[] {1, 1_000_000}))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no token 1000000");
    assertThatThrownBy(() -> llava.embed(new int[3000]))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("too many for the context of 2048");
  }
}
