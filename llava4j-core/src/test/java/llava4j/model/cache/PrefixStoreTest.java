package llava4j.model.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import llava4j.config.TextConfig;
import llava4j.error.BadInputException;
import llava4j.golden.GoldenModel;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Blocks that outlive a process.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrefixStoreTest {
  private static final int BLOCK = KvPool.BLOCK_ROWS;
  private static final long ROOM = 1L << 30;

  @TempDir Path folder;
  private TextConfig config;

  @BeforeAll
  void open() {
    try (GoldenModel golden = GoldenModel.openCommitted("original")) {
      config = golden.model().config().text();
    }
  }

  /// A pool, a tree and a store, as a process has them.
  private final class Running implements AutoCloseable {
    private final KvPool pool;
    private final PrefixStore store;
    private final PrefixTree tree;

    Running(Path where, long room, String identity, int blocks) {
      pool = new KvPool(config, new Device.Cpu(), DType.F16, blocks);
      store = new PrefixStore(where, room, identity);
      tree = new PrefixTree(pool, Optional.of(store));
    }

    /// Computes a prompt, keys and values from its tokens, and remembers it.
    ///
    /// @return how many tokens were known
    int ask(String tenant, long[] keys) {
      try (KvCache cache = tree.begin(tenant, keys);
          Scope _ = new Scope()) {
        int known = cache.length();
        for (int layer = 0; layer < config.numLayers() && known > 0; layer++) {
          Tensor found = cache.read(layer, known).keys(); // [1, kvHeads, known, headDim]
          assertThat(found.equal(numbers(keys, 0, known, layer))).isTrue();
        }
        cache.reserve(keys.length - known);
        for (int layer = 0; layer < config.numLayers(); layer++) {
          Tensor rest = numbers(keys, known, keys.length, layer);
          boolean _ = cache.write(layer, rest, rest.neg());
        }
        cache.advance(keys.length - known);
        tree.remember(tenant, cache, java.util.Arrays.copyOf(keys, keys.length / BLOCK * BLOCK));
        return known;
      }
    }

    private Tensor numbers(long[] keys, int from, int end, int layer) {
      float[] values = new float[end - from];
      for (int i = from; i < end; i++) {
        values[i - from] = keys[i] % 512 + layer;
      }
      return Tensors.ofFloats(values, 1, 1, end - from, 1)
          .expand(1, config.numKvHeads(), end - from, config.headDim())
          .to(torch.ScalarType.Half); // [1, kvHeads, tokens, headDim]
    }

    @Override
    public void close() {
      tree.close();
      store.close();
      assertThat(pool.used()).as("every use of a block ended").isZero();
      pool.close();
    }
  }

  private Running process(Path where) {
    return new Running(where, ROOM, "model", 100);
  }

  private static long[] keys(int from, int count) {
    return LongStream.range(from, from + count).toArray();
  }

  @Test
  void aLaterProcessFindsTheFullBlocks() {
    Path where = folder.resolve("made/for/it");
    long[] prompt = keys(0, 3 * BLOCK + 5);
    try (Running first = process(where)) {
      assertThat(first.ask("", prompt)).isZero();
    }
    try (Running second = process(where)) {
      assertThat(second.ask("", prompt)).isEqualTo(3 * BLOCK);
      assertThat(second.store.statistics().read()).isEqualTo(3);
      assertThat(second.ask("", prompt)).as("from memory").isEqualTo(3 * BLOCK);
      assertThat(second.store.statistics().read()).isEqualTo(3);
      long[] other = prompt.clone();
      other[BLOCK + 3] = 999;
      assertThat(second.ask("", other)).isEqualTo(BLOCK + 3);
      assertThat(second.ask("somebody else", prompt)).isZero();
    }
    try (Running other = new Running(where, ROOM, "another model", 100)) {
      assertThat(other.ask("", prompt)).isZero();
    }
  }

  /// A block in memory that is alike in part must not hide the whole one on disk.
  @Test
  void theLongerOneIsTaken() {
    Path where = folder.resolve("longer");
    long[] prompt = keys(0, 2 * BLOCK + 1);
    try (Running first = process(where)) {
      first.ask("", prompt);
    }
    try (Running second = process(where)) {
      long[] other = prompt.clone();
      other[20] = 999;
      assertThat(second.ask("", other)).isZero();
      assertThat(second.ask("", prompt)).isEqualTo(2 * BLOCK);
    }
  }

  @Test
  void aPromptOfWholeBlocksLeavesItsLastToken() {
    Path where = folder.resolve("whole");
    long[] prompt = keys(7, 2 * BLOCK);
    try (Running first = process(where)) {
      first.ask("", prompt);
    }
    try (Running second = process(where)) {
      assertThat(second.ask("", prompt)).isEqualTo(BLOCK);
    }
  }

  @Test
  void whatIsDamagedIsComputedAgain() throws IOException {
    Path where = folder.resolve("damaged");
    long[] prompt = keys(0, 3 * BLOCK + 1);
    try (Running first = process(where)) {
      first.ask("", prompt);
    }
    List<Path> files = files(where);
    assertThat(files).hasSize(3);
    byte[] bytes = Files.readAllBytes(files.get(0));
    bytes[bytes.length / 2] ^= 1;
    Files.write(files.get(0), bytes);
    bytes = Files.readAllBytes(files.get(1));
    Files.write(files.get(1), java.util.Arrays.copyOf(bytes, bytes.length - 3));
    Files.write(files.get(2), new byte[3]);
    try (Running second = process(where)) {
      assertThat(second.ask("", prompt)).isZero();
    }
    try (Running third = process(where)) {
      assertThat(third.ask("", prompt)).as("written again").isEqualTo(3 * BLOCK);
    }
  }

  @Test
  void theFolderHasALimit() throws IOException {
    Path where = folder.resolve("limit");
    long[] old = keys(0, 2 * BLOCK + 1);
    try (Running first = process(where)) {
      first.ask("", old);
    }
    Path foreign = Files.writeString(where.resolve("notes.txt"), "not ours");
    long size = Files.size(files(where).getFirst());
    for (Path file : files(where)) {
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
    }
    try (Running second = new Running(where, 3 * size, "model", 100)) {
      second.ask("", keys(5000, 3 * BLOCK + 1));
    }
    assertThat(files(where)).hasSize(3);
    assertThat(foreign).exists();
    try (Running third = process(where)) {
      assertThat(third.ask("", old)).isZero();
      assertThat(third.ask("", keys(5000, 3 * BLOCK + 1))).isEqualTo(3 * BLOCK);
    }
  }

  /// What waits to be written must not keep the pool from making room, and nothing waits for ever.
  @Test
  void aSmallPoolGoesOn() {
    Path where = folder.resolve("small");
    try (Running small = new Running(where, ROOM, "model", 8)) {
      for (int i = 0; i < 40; i++) {
        small.tree.makeRoom(5);
        small.ask("", keys(1000 * i, 3 * BLOCK + 1));
      }
    }
  }

  /// Beginnings are used by every prompt, so they stay longest; what memory knows is used too.
  @Test
  void aFullFolderLosesTheEnds() throws IOException {
    Path where = folder.resolve("ends");
    long[] prompt = keys(0, 6 * BLOCK + 1);
    try (Running first = process(where)) {
      first.ask("", prompt);
    }
    long room = 4 * Files.size(files(where).getFirst());
    Path other = folder.resolve("less");
    try (Running second = new Running(other, room, "model", 100)) {
      second.ask("", prompt);
    }
    try (Running third = new Running(other, room, "model", 100)) {
      assertThat(third.ask("", prompt)).isEqualTo(4 * BLOCK);
      for (int i = 1; i < 8; i++) { // the first block is common to all
        long[] next = keys(0, 2 * BLOCK + 1);
        java.util.Arrays.fill(next, BLOCK, next.length, 1000 + i);
        third.ask("", next);
      }
    }
    try (Running fourth = new Running(other, room, "model", 100)) {
      assertThat(fourth.ask("", prompt)).isGreaterThanOrEqualTo(BLOCK);
    }
  }

  /// Blocks of a tenant that had no others must not hang on a root that nobody finds.
  @Test
  void whatIsReadCanBeDropped() {
    Path where = folder.resolve("dropped");
    long[] large = keys(5000, 5 * BLOCK + 1);
    try (Running first = process(where)) {
      first.ask("", large);
    }
    try (Running small = new Running(where, ROOM, "model", 7)) {
      small.ask("", keys(0, 2 * BLOCK + 1)); // makes room for what comes from disk
      assertThat(small.ask("", large)).isEqualTo(5 * BLOCK);
      assertThat(small.tree.statistics().blocks()).isLessThanOrEqualTo(6);
      assertThat(small.tree.makeRoom(7)).isTrue();
    }
  }

  /// The end of an answer leaves a block in part; the whole one comes from disk beside it.
  @Test
  void aPartInMemoryMakesWayForTheWhole() throws InterruptedException {
    Path where = folder.resolve("part");
    long[] prompt = keys(0, 2 * BLOCK + 1);
    try (Running running = new Running(where, ROOM, "model", 20)) {
      running.ask("", prompt);
      while (running.store.waiting() > 0) {
        Thread.sleep(5);
      }
      running.tree.forget();
      try (KvCache cache = running.tree.begin("none", keys(0, 11))) {
        cache.reserve(10);
        cache.advance(10);
        running.tree.remember("", cache, keys(0, 10));
      }
      assertThat(running.ask("", prompt)).isEqualTo(2 * BLOCK);
      assertThat(running.tree.statistics().blocks()).isEqualTo(2);
      assertThat(running.tree.makeRoom(20)).isTrue();
    }
  }

  /// A sequence that needs the whole pool gets it, whatever waits to be written.
  @Test
  void waitingBlocksMakeRoom() {
    Path where = folder.resolve("waiting");
    try (Running small = new Running(where, ROOM, "model", 16)) {
      for (int i = 0; i < 20; i++) {
        assertThat(small.tree.makeRoom(16)).isTrue();
        small.ask("", keys(1000 * i, 12 * BLOCK + 1));
      }
    }
  }

  @Test
  void leftoversGo() throws IOException {
    Path where = Files.createDirectories(folder.resolve("leftovers"));
    Path old = Files.writeString(where.resolve(java.util.UUID.randomUUID() + ".part"), "x");
    Files.setLastModifiedTime(old, FileTime.fromMillis(1_000_000));
    Path fresh = Files.writeString(where.resolve(java.util.UUID.randomUUID() + ".part"), "x");
    Path foreign = Files.writeString(where.resolve("mine.kv"), "x");
    process(where).close();
    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
    assertThat(foreign).exists();
  }

  @Test
  void aBlockMustFit() {
    assertThatThrownBy(() -> new Running(folder.resolve("tiny"), 100, "model", 8))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("32 tokens of this model take");
  }

  @Test
  void aPlaceThatIsNoFolderIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> new PrefixStore(file, ROOM, "model"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file.toString());
  }

  private static List<Path> files(Path where) throws IOException {
    try (Stream<Path> files = Files.list(where)) {
      return new ArrayList<>(
          files
              .filter(path -> path.toString().endsWith(PrefixStore.SUFFIX))
              .sorted(Comparator.naturalOrder())
              .toList());
    }
  }
}
