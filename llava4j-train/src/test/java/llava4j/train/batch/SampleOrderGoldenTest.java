package llava4j.train.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Compares the order with the original's sampler, index by index.
class SampleOrderGoldenTest {
  private final JsonNode golden = Golden.json("sampler/sampler.json");

  @Test
  void ordersEqualTheReference() {
    int compared = 0;
    for (JsonNode row : golden.get("orders")) {
      int[] lengths = Golden.ints(golden.get("lengths").get(row.get("lengths").asString()));
      assertThat(
              new SampleOrder.ModalityGrouped()
                  .indices(
                      lengths,
                      row.get("batch_size").asInt(),
                      row.get("world_size").asInt(),
                      row.get("torch_seed").asLong()))
          .as(row.get("lengths") + " " + row.get("world_size") + " " + row.get("batch_size"))
          .isEqualTo(Golden.ints(row.get("order")));
      compared++;
    }
    Golden.checkExact("sampler orders", compared, 0);
  }

  @Test
  void chunksEqualTheReference() {
    int compared = 0;
    for (JsonNode row : golden.get("split_to_even_chunks")) {
      List<int[]> chunks =
          SampleOrder.evenChunks(
              Golden.ints(row.get("indices")),
              Golden.ints(row.get("lengths")),
              row.get("num_chunks").asInt());
      assertThat(chunks).hasSize(row.get("chunks").size());
      for (int i = 0; i < chunks.size(); i++) {
        assertThat(chunks.get(i)).isEqualTo(Golden.ints(row.get("chunks").get(i)));
      }
      compared++;
    }
    Golden.checkExact("even chunks", compared, 0);
  }

  @Test
  void permutationsAreTorchs() {
    int compared = 0;
    for (JsonNode row : golden.get("torch_randperm")) {
      try (SampleOrder.Permutations permutations =
          new SampleOrder.Permutations(row.get("torch_seed").asLong())) {
        assertThat(permutations.next(row.get("n").asInt()))
            .isEqualTo(Golden.ints(row.get("randperm")));
      }
      compared++;
    }
    Golden.checkExact("torch.randperm", compared, 0);
  }

  @Test
  void shuffledOrderIsAPermutationAndFollowsTheSeed() {
    int[] lengths = IntStream.range(1, 100).toArray();
    int[] order = new SampleOrder.Shuffled().indices(lengths, 4, 2, 7);
    assertThat(IntStream.of(order).sorted().toArray()).isEqualTo(IntStream.range(0, 99).toArray());
    assertThat(new SampleOrder.Shuffled().indices(lengths, 4, 2, 7)).isEqualTo(order);
    assertThat(new SampleOrder.Shuffled().indices(lengths, 4, 2, 8)).isNotEqualTo(order);
  }
}
