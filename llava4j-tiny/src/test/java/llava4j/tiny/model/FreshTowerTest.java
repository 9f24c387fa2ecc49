package llava4j.tiny.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import llava4j.config.Llava15;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/// What rows say and where heads look before anything is learned.
class FreshTowerTest {
  private static final int SIDE = 6;
  private static final int HEADS = 4;
  private static final int HEAD_DIM = 64;
  private static final int DIM = 256;
  private static final int[][] FIRST_BLOCK = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}};

  private final FreshTower tower = new FreshTower(Llava15.tiny(320).vision());

  @Test
  void everyHeadOfTheFirstBlockLooksAtItsNeighbour() {
    try (Scope _ = new Scope()) {
      Tensor places = tower.positions(); // [1 + places, dim]
      Tensor queries = places.mm(tower.queries(0).t()); // [1 + places, dim]
      Tensor keys = places.mm(tower.keys().t()); // [1 + places, dim]
      for (int head = 0; head < HEADS; head++) {
        Tensor scores =
            queries
                .narrow(1, (long) head * HEAD_DIM, HEAD_DIM)
                .mm(
                    keys.narrow(1, (long) head * HEAD_DIM, HEAD_DIM)
                        .t()); // [1 + places, 1 + places]
        long[] seen =
            Tensors.toLongs(scores.argmax(new org.bytedeco.pytorch.LongOptional(1), false));
        for (int down = 1; down < SIDE - 1; down++) {
          for (int across = 1; across < SIDE - 1; across++) {
            int wanted = (down + FIRST_BLOCK[head][0]) * SIDE + across + FIRST_BLOCK[head][1];
            assertThat(seen[1 + down * SIDE + across]).isEqualTo(1L + wanted);
          }
        }
      }
    }
  }

  @Test
  void onlyAsManyBlocksLookAtDistancesAsThereAreDistances() {
    assertThat(tower.looksAtDistances(2)).isTrue();
    assertThat(tower.looksAtDistances(3)).isFalse();
  }

  @Test
  void kernelsAreWavesAcrossEachOtherAndLeaveThePlacesFree() {
    try (Scope _ = new Scope()) {
      Tensor kernels = tower.patchKernels().flatten(1, -1); // [dim, 3 * patch * patch]
      float[] products = Tensors.toFloats(kernels.mm(kernels.t()));
      for (int i = 0; i < DIM; i++) {
        float own = products[i * DIM + i];
        assertThat(own > 0).isEqualTo(i < DIM - HEAD_DIM);
        for (int j = 0; j < i; j++) {
          float other = products[j * DIM + j];
          assertThat(products[i * DIM + j])
              .isCloseTo(0, within(1e-4f * (float) Math.sqrt(own * other) + 1e-9f));
        }
      }
    }
  }
}
