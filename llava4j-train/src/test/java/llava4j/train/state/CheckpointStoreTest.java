package llava4j.train.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Tensors;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.LostProcessException;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.shard.GradientExchange;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.UnitLayout;
import llava4j.train.shard.ZeroStage;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointStoreTest {
  private static final String DATA = "process-00000-of-00001.safetensors";
  private static final int ELEMENTS = 15;
  private static final int LONGEST_PATH = 4095;

  @TempDir Path folder;
  private Path root;
  private List<ParameterUnit> units;

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @BeforeEach
  void makeUnits() {
    root = folder.resolve("checkpoints");
    units = List.of(unit("first", 0), unit("second", 100));
  }

  @AfterEach
  void closeUnits() {
    units.forEach(ParameterUnit::close);
  }

  @Test
  void whatIsSavedComesBackBitForBit() {
    train();
    Path saved = store(1).save(units, state(7));
    assertThat(saved).isEqualTo(root.resolve("step-00000007"));
    store(1).verify(saved, units);
    List<ParameterUnit> fresh = List.of(unit("first", -1), unit("second", -2));
    try (SavedRun run = SavedRun.open(saved)) {
      run.requireIntact(0, 1);
      assertThat(run.state()).isEqualTo(state(7));
      fresh.forEach(run::restore);
      for (int i = 0; i < units.size(); i++) {
        assertThat(numbers(fresh.get(i))).isEqualTo(numbers(units.get(i)));
      }
    } finally {
      fresh.forEach(ParameterUnit::close);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void onlyTheLastFewStay(int keepLast) throws IOException {
    CheckpointStore store = store(keepLast);
    for (long step : new long[] {1, 2, 3, 20, 100}) {
      store.save(units, state(step));
    }
    List<String> all =
        List.of(
            "step-00000001", "step-00000002", "step-00000003", "step-00000020", "step-00000100");
    assertThat(names(root)).isEqualTo(all.subList(all.size() - keepLast, all.size()));
    assertThat(store.newest()).contains(root.resolve("step-00000100"));
  }

  @Test
  void theSameStepMayBeSavedAgain() {
    store(1).save(units, state(4));
    train();
    Path again = store(1).save(units, state(4));
    store(1).verify(again, units);
  }

  @Test
  void withoutAFolderThereIsNoCheckpoint() {
    assertThat(store(1).newest()).isEmpty();
  }

  @Test
  void aFolderWithoutItsMarkIsNoCheckpoint() throws IOException {
    Path whole = store(3).save(units, state(1));
    Path torn = store(3).save(units, state(2));
    Files.delete(torn.resolve("state.json"));
    Files.createDirectories(root.resolve("step-00000009.part"));
    Files.writeString(root.resolve("step-00000009.part/state.json"), "{}");
    Files.createDirectories(root.resolve("step-later"));
    Files.writeString(root.resolve("step-00000010"), "a file");
    assertThat(store(3).newest()).contains(whole);
  }

  @Test
  void whatAKilledWriteLeftBehindIsReplaced() throws IOException {
    Path left = Files.createDirectories(root.resolve("step-00000005.part/deep"));
    Files.writeString(left.resolve("rest"), "rest");
    Path saved = store(1).save(units, state(5));
    store(1).verify(saved, units);
    assertThat(names(root)).containsExactly("step-00000005");
    assertThat(names(saved))
        .containsExactly(DATA, DATA + ".crc32c", "state.json", "state.json.crc32c");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 100, -1})
  void aTruncatedFileIsNamed(int bytes) throws IOException {
    Path saved = store(1).save(units, state(1));
    Path file = saved.resolve(DATA);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(bytes < 0 ? Files.size(file) + bytes : bytes);
    }
    assertDamaged(saved, file);
  }

  @Test
  void anyBitThatFlipsNamesItsFile() throws IOException {
    Path saved = store(1).save(units, state(1));
    for (String name : List.of(DATA, "state.json")) {
      Path file = saved.resolve(name);
      byte[] sound = Files.readAllBytes(file);
      for (int at = 0; at < sound.length; at += 7) {
        byte[] flipped = sound.clone();
        flipped[at] ^= 4;
        Files.write(file, flipped);
        assertDamaged(saved, file);
      }
      Files.write(file, sound);
    }
    restore(saved);
  }

  @Test
  void aLostFileIsNamed() throws IOException {
    Path saved = store(1).save(units, state(1));
    Files.delete(saved.resolve(DATA));
    assertDamaged(saved, saved.resolve(DATA));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{}", "[1]", "\u0000\u0000", "{\"step\":\"x\"}"})
  void aMarkThatCannotBeReadIsNamed(String text) throws IOException {
    Path saved = store(1).save(units, state(1));
    Files.delete(saved.resolve("state.json.crc32c")); // as an older version wrote it
    restore(saved);
    Files.writeString(saved.resolve("state.json"), text);
    assertDamaged(saved, saved.resolve("state.json"));
  }

  @Test
  void bytesThatDifferFromMemoryAreFoundByVerify() throws IOException {
    Path saved = store(1).save(units, state(1));
    Path file = saved.resolve(DATA);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    assertThatThrownBy(() -> store(1).verify(saved, units))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(saved.toString(), "second", "second_moment", "use another");
  }

  @Test
  void anotherModelIsNotRestored() {
    Path saved = store(1).save(units, state(1));
    try (SavedRun run = SavedRun.open(saved);
        ParameterUnit unknown = unit("third", 0)) {
      assertThatThrownBy(() -> run.restore(unknown))
          .isInstanceOf(BadInputException.class)
          .hasMessageContainingAll(saved.toString(), "has no unit third");
    }
  }

  @Test
  void aFileInTheWayOfTheFolderIsNamed() throws IOException {
    Files.writeString(root, "a file");
    assertThatThrownBy(() -> store(1).save(units, state(1)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(
            root.resolve("step-00000001").toString(),
            "was not written",
            "there is no older checkpoint");
    assertThat(root).hasContent("a file");
  }

  /// The folder can be created but not the file in it, because its path is too long for the system.
  /// So the write fails midway, for root too.
  @Test
  void aWriteThatFailsMidwayLeavesTheOlderCheckpointWhole() throws IOException {
    Path older = store(1).save(units, state(1));
    Map<String, byte[]> before = contents(older);
    train();
    int room = LONGEST_PATH - "/step-00000002.part/state.json".length() - 2;
    Path roundabout = Path.of(root + "/.".repeat((room - root.toString().length()) / 2));
    CheckpointStore store = new CheckpointStore(roundabout, new SingleProcess(), 1);
    assertThatThrownBy(() -> store.save(units, state(2)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(
            "step-00000002 was not written", "the checkpoint step-00000001 is intact");
    assertThat(names(root)).containsExactly("step-00000001");
    assertThat(contents(older)).containsExactlyEntriesOf(before);
    restore(older);
  }

  /// Two processes as threads; the second one ends while the first one waits for it.
  @Test
  void aProcessLostDuringASaveIsNoMistakeOfTheUser() throws Exception {
    int port = freePort();
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              try (ProcessGroup ending = join(1, port)) {
                ending.announceFailure(new IllegalStateException("its memory is full"));
              }
            });
    try (ProcessGroup group = join(0, port)) {
      CheckpointStore store = new CheckpointStore(root, group, 1);
      assertThatThrownBy(() -> store.save(units, state(1)))
          .isInstanceOf(LostProcessException.class)
          .hasMessageContaining("process 1 ended: its memory is full")
          .satisfies(e -> assertThat(((LostProcessException) e).byMistake()).isFalse());
    }
    other.join();
    assertThat(names(root)).isEmpty();
  }

  private static ProcessGroup join(int rank, int port) {
    return ConnectedProcesses.join(
        new LaunchEnvironment(rank, 2, "127.0.0.1", port, rank),
        new Device.Cpu(),
        Duration.ofSeconds(30),
        _ -> {});
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void assertDamaged(Path saved, Path file) {
    assertThatThrownBy(() -> restore(saved))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("checkpoint")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "Cannot invoke"));
  }

  /// As on resume.
  private void restore(Path saved) {
    try (SavedRun run = SavedRun.open(saved)) {
      run.requireIntact(0, 1);
      units.forEach(run::restore);
    }
  }

  /// Fills weights and both moments with different numbers.
  private void train() {
    for (ParameterUnit unit : units) {
      double[] factor = {3};
      unit.ownState().values().forEach(tensor -> tensor.add_(new Scalar(0.1 * factor[0]++)));
    }
  }

  private CheckpointStore store(int keepLast) {
    return new CheckpointStore(root, new SingleProcess(), keepLast);
  }

  private static RunState state(long step) {
    return new RunState(
        step,
        1,
        List.of(
            new RunState.SavedUnit("first", ELEMENTS), new RunState.SavedUnit("second", ELEMENTS)),
        "{\"preset\":\"x\"}",
        "data",
        17,
        "base");
  }

  private static ParameterUnit unit(String name, float start) {
    SequencedMap<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put("a.weight", List.of(3L, 4L));
    shapes.put("a.bias", List.of(3L));
    return new ParameterUnit(
        UnitLayout.of(name, shapes),
        new ParameterUnit.Placement(
            ZeroStage.NONE,
            new SingleProcess(),
            new Device.Cpu(),
            DType.F32,
            GradientExchange.EXACT),
        true,
        parameter -> {
          long[] shape = parameter.endsWith("bias") ? new long[] {3} : new long[] {3, 4};
          float[] values = new float[parameter.endsWith("bias") ? 3 : 12];
          for (int i = 0; i < values.length; i++) {
            values[i] = start + i / 3f;
          }
          return Tensors.ofFloats(values, shape);
        });
  }

  private static Map<String, List<Float>> numbers(ParameterUnit unit) {
    Map<String, List<Float>> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : unit.ownState().entrySet()) {
      List<Float> values = new java.util.ArrayList<>();
      for (float value : Tensors.toFloats(entry.getValue())) {
        values.add(value);
      }
      numbers.put(entry.getKey(), values);
    }
    return numbers;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private static Map<String, byte[]> contents(Path folder) throws IOException {
    Map<String, byte[]> contents = new LinkedHashMap<>();
    for (String name : names(folder)) {
      contents.put(name, Files.readAllBytes(folder.resolve(name)));
    }
    return contents;
  }
}
