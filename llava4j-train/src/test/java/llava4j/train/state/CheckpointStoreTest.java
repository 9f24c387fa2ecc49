package llava4j.train.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.UnitLayout;
import llava4j.train.shard.ZeroStage;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
  private static final int SIDE = 300;

  @TempDir Path folder;

  private final ProcessGroup group = new SingleProcess();
  private final List<ParameterUnit> units = List.of(unit("a"), unit("b"));

  @AfterEach
  void close() {
    units.forEach(ParameterUnit::close);
  }

  @Test
  void newestIsFoundAndOldOnesGo() {
    CheckpointStore store = new CheckpointStore(folder, group, 2);
    assertThat(store.newest()).isEmpty();
    for (long step : new long[] {0, 5, 10}) {
      Path saved = store.save(units, state(step));
      store.verify(saved, units);
      assertThat(store.newest()).contains(saved);
    }
    assertThat(folder.resolve("step-00000000")).doesNotExist();
    assertThat(folder.resolve("step-00000005")).isDirectory();
    try (SavedRun run = SavedRun.open(store.newest().orElseThrow())) {
      assertThat(run.state()).isEqualTo(state(10));
    }
  }

  @Test
  void whatWasNotFinishedDoesNotCount() throws IOException {
    CheckpointStore store = new CheckpointStore(folder, group, 3);
    Path good = store.save(units, state(1));
    Path torn = store.save(units, state(2));
    Files.delete(torn.resolve("state.json"));
    Files.createDirectories(folder.resolve("step-00000003.part"));
    assertThat(store.newest()).contains(good);
  }

  @Test
  void flippedBitShowsWhenItIsReadBack() throws IOException {
    CheckpointStore store = new CheckpointStore(folder, group, 3);
    Path saved = store.save(units, state(1));
    Path file = saved.resolve("process-00000-of-00001.safetensors");
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(bytes.length() / 2);
      int value = bytes.read();
      bytes.seek(bytes.length() / 2);
      bytes.write(value ^ 4);
    }
    assertThatThrownBy(() -> store.verify(saved, units))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(saved.toString())
        .hasMessageContaining("does not hold what was written");
  }

  @Test
  void shortenedFileIsNamed() throws IOException {
    CheckpointStore store = new CheckpointStore(folder, group, 3);
    Path saved = store.save(units, state(1));
    Path file = saved.resolve("process-00000-of-00001.safetensors");
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.setLength(bytes.length() / 2);
    }
    assertThatThrownBy(() -> SavedRun.open(saved).close())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file.toString());
  }

  private static ParameterUnit unit(String name) {
    LinkedHashMap<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put(name + ".weight", List.of((long) SIDE, (long) SIDE));
    try (Scope _ = new Scope()) {
      return new ParameterUnit(
          UnitLayout.of(name, shapes),
          new ParameterUnit.Placement(
              ZeroStage.NONE, new SingleProcess(), new Device.Cpu(), DType.F32),
          true,
          _ -> torch.randn(new long[] {SIDE, SIDE}, Tensors.options(DType.F32)));
    }
  }

  private RunState state(long step) {
    return new RunState(
        step,
        1,
        List.of(new RunState.SavedUnit("a", SIDE * SIDE), new RunState.SavedUnit("b", SIDE * SIDE)),
        "{}",
        "data",
        48,
        "base");
  }
}
