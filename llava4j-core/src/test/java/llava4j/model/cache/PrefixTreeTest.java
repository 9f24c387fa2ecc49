package llava4j.model.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import llava4j.config.TextConfig;
import llava4j.golden.GoldenModel;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every token's keys and values are a function of the token here, so a cache that holds the wrong
/// token's is seen.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrefixTreeTest {
  private static final int BLOCK = KvPool.BLOCK_ROWS;

  private TextConfig config;

  @BeforeAll
  void open() {
    try (GoldenModel golden = GoldenModel.openCommitted("original")) {
      config = golden.model().config().text();
    }
  }

  @Test
  void aPromptFindsItsTokensUpToTheFirstOtherOne() {
    try (KvPool pool = pool(100);
        PrefixTree tree = new PrefixTree(pool, Optional.empty())) {
      long[] keys = LongStream.range(0, 2 * BLOCK + 5).toArray();
      remember(tree, "a", keys, keys.length);
      assertThat(tree.known("a", keys)).as("all but the last").isEqualTo(keys.length - 1);
      long[] other = keys.clone();
      other[BLOCK + 7] = 999;
      assertThat(tree.known("a", other)).isEqualTo(BLOCK + 7);
      other[0] = 999;
      assertThat(tree.known("a", other)).isZero();
      assertThat(tree.known("b", keys)).as("another tenant's").isZero();
      long[] longer = Arrays.copyOf(keys, keys.length + BLOCK);
      try (KvCache cache = tree.begin("a", longer)) {
        check(cache, longer, keys.length);
        grow(cache, longer, longer.length);
        tree.remember("a", cache, longer);
      }
      assertThat(tree.known("a", keys)).isEqualTo(keys.length - 1);
      assertThat(tree.known("a", longer)).isEqualTo(longer.length - 1);
      assertThat(tree.statistics().blocks()).as("the part of a block made room").isEqualTo(4);
    }
  }

  @Test
  void whatWasNotUsedForLongestMakesRoomAndWhatIsInUseStays() {
    try (KvPool pool = pool(6);
        PrefixTree tree = new PrefixTree(pool, Optional.empty())) {
      long[] first = LongStream.range(0, 2 * BLOCK).toArray();
      long[] second = LongStream.range(1000, 1000 + 2 * BLOCK).toArray();
      remember(tree, "", first, first.length);
      remember(tree, "", second, second.length);
      long[] longer = Arrays.copyOf(first, first.length + 1);
      try (KvCache used = tree.begin("", longer)) {
        assertThat(tree.makeRoom(3)).isTrue();
        assertThat(tree.known("", second)).as("its end went first").isEqualTo(BLOCK);
        check(used, first, first.length);
        assertThat(tree.makeRoom(4)).isTrue();
        assertThat(tree.known("", second)).isZero();
        assertThat(tree.makeRoom(5)).isFalse();
        check(used, first, first.length);
      }
      assertThat(tree.makeRoom(6)).isTrue();
      assertThat(pool.used()).isZero();
      try (KvCache much = new KvCache(pool)) {
        assertThatThrownBy(() -> much.reserve(6 * BLOCK + 1))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("6 KV blocks");
      }
    }
  }

  /// Random prompts over few different tokens, forks, ends and evictions in any order.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noSequenceEverSeesAnothersTokens(long seed) {
    Random random = new Random(seed);
    try (KvPool pool = pool(40);
        PrefixTree tree = new PrefixTree(pool, Optional.empty())) {
      record Live(KvCache cache, long[] keys, String tenant) {}
      List<Live> live = new ArrayList<>();
      for (int action = 0; action < 400; action++) {
        int kind = random.nextInt(10);
        if (kind < 4 && live.size() < 5 && tree.makeRoom(6)) {
          long[] keys = keys(random);
          String tenant = "t" + random.nextInt(2);
          KvCache cache = tree.begin(tenant, keys);
          check(cache, keys, cache.length());
          grow(cache, keys, keys.length);
          live.add(new Live(cache, keys, tenant));
        } else if (kind < 6 && !live.isEmpty() && live.size() < 5 && tree.makeRoom(3)) {
          Live one = live.get(random.nextInt(live.size()));
          KvCache fork = one.cache().fork();
          long[] keys = Arrays.copyOf(one.keys(), one.keys().length + 1 + random.nextInt(BLOCK));
          for (int i = one.keys().length; i < keys.length; i++) {
            keys[i] = random.nextInt(3);
          }
          grow(fork, keys, keys.length);
          live.add(new Live(fork, keys, one.tenant()));
        } else if (kind < 9 && !live.isEmpty()) {
          Live one = live.remove(random.nextInt(live.size()));
          check(one.cache(), one.keys(), one.keys().length);
          if (random.nextInt(4) > 0) {
            tree.remember(one.tenant(), one.cache(), one.keys());
          }
          one.cache().close();
        } else {
          boolean _ = tree.makeRoom(random.nextInt(40));
        }
        for (Live one : live) {
          check(one.cache(), one.keys(), one.keys().length);
        }
      }
      live.forEach(one -> one.cache().close());
      assertThat(pool.used()).isEqualTo(tree.statistics().blocks());
      assertThat(tree.makeRoom(40)).as("nothing leaks").isTrue();
    }
  }

  private static long[] keys(Random random) {
    long[] keys = new long[1 + random.nextInt(3 * BLOCK)];
    int change = random.nextInt(keys.length);
    for (int i = 0; i < keys.length; i++) {
      keys[i] = i < change ? i % 7 : random.nextInt(3);
    }
    return keys;
  }

  private KvPool pool(int blocks) {
    return new KvPool(config, new Device.Cpu(), DType.F32, blocks);
  }

  private void remember(PrefixTree tree, String tenant, long[] keys, int rows) {
    try (KvCache cache = tree.begin(tenant, keys)) {
      grow(cache, keys, rows);
      tree.remember(tenant, cache, Arrays.copyOf(keys, rows));
    }
  }

  /// Writes what is missing up to `rows`.
  private void grow(KvCache cache, long[] keys, int rows) {
    int count = rows - cache.length();
    if (count == 0) {
      return;
    }
    cache.reserve(count);
    try (Scope _ = new Scope()) {
      for (int layer = 0; layer < config.numLayers(); layer++) {
        Tensor key = numbers(keys, cache.length(), count, layer);
        boolean _ = cache.write(layer, key, key.mul(new org.bytedeco.pytorch.Scalar(2)));
      }
    }
    cache.advance(count);
  }

  private void check(KvCache cache, long[] keys, int rows) {
    assertThat(cache.length()).isEqualTo(rows);
    if (rows == 0) {
      return;
    }
    try (Scope _ = new Scope()) {
      int layer = config.numLayers() - 1;
      KvCache.KeysAndValues found = cache.read(layer, rows);
      Tensor wanted = numbers(keys, 0, rows, layer); // [1, kvHeads, rows, headDim]
      assertThat(found.keys().equal(wanted)).isTrue();
      assertThat(found.values().equal(wanted.mul(new org.bytedeco.pytorch.Scalar(2)))).isTrue();
    }
  }

  /// Numbers that say which token they are of. [1, kvHeads, count, headDim]
  private Tensor numbers(long[] keys, int first, int count, int layer) {
    int heads = config.numKvHeads();
    int dim = config.headDim();
    float[] values = new float[heads * count * dim];
    for (int head = 0; head < heads; head++) {
      for (int row = 0; row < count; row++) {
        for (int i = 0; i < dim; i++) {
          values[(head * count + row) * dim + i] =
              keys[first + row] * 1000 + 100L * layer + 10L * head + (first + row) % 10;
        }
      }
    }
    return Tensors.ofFloats(values, 1, heads, count, dim);
  }

  @Test
  void tokensOfTheTestDiffer() {
    long[] keys = {3, 4};
    try (Scope _ = new Scope()) {
      float[] values = Tensors.toFloats(numbers(keys, 0, 2, 1));
      Set<Float> different = new HashSet<>();
      for (float value : values) {
        different.add(value);
      }
      assertThat(different).hasSize(2 * config.numKvHeads());
    }
  }
}
