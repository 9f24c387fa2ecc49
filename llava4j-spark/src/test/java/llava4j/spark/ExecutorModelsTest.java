package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;

/// Loading once, sharing, and making room.
class ExecutorModelsTest {
  private static final ModelSettings ONE = ModelSettings.of(Cluster.TINY);
  private static final ModelSettings OTHER = ONE.withWeights("fp32");
  private static final ModelSettings BROKEN = ModelSettings.of("broken");

  private final List<ModelSettings> loads = new ArrayList<>();
  private final ExecutorModels models =
      new ExecutorModels(settings -> {
        loads.add(settings);
        if (settings.equals(BROKEN)) {
          throw new BadInputException("broken");
        }
        LoadOptions options = LoadOptions.defaults();
        return new LoadedModel(settings, Llava.load(settings.model(), options), options);
      });

  @Test
  void tasksShareAModelAndAnIdleOneMakesRoom() {
    ExecutorModels.Borrowed first = models.borrow(ONE);
    ExecutorModels.Borrowed second = models.borrow(ModelSettings.of(Cluster.TINY));
    Llava llava = first.model().llava();
    assertThat(second.model()).isSameAs(first.model());
    assertThat(loads).containsExactly(ONE);

    first.close();
    first.close(); // gives back once
    ExecutorModels.Borrowed other = models.borrow(OTHER);
    assertThat(llava.plainTokens("x")).as("still in use").isNotEmpty();
    assertThat(llava.embed("x").values()).as("still in use").isNotEmpty();

    second.close();
    other.close();
    models.borrow(ONE).close();
    assertThat(loads).as("idle models stay while no other is needed").containsExactly(ONE, OTHER);
    assertThatThrownBy(() -> models.borrow(BROKEN)).hasMessage("broken");
    assertThatThrownBy(() -> llava.embed("x")).hasMessageContaining("closed");
    assertThatThrownBy(() -> models.borrow(BROKEN)).hasMessage("broken");
    assertThat(loads).as("what failed is tried again").containsExactly(ONE, OTHER, BROKEN, BROKEN);
  }
}
