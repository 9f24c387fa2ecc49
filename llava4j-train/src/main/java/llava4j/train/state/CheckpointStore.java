package llava4j.train.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.error.BadInputException;
import llava4j.tensor.Scope;
import llava4j.train.distributed.LostProcessException;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.distributed.SingleProcess;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.json.JsonMapper;

/// The checkpoints of a run, in folders `step-N` that are either complete or absent: each is
/// written under a temporary name, forced to disk and renamed; only then are old ones deleted.
public final class CheckpointStore {
  private static final String PREFIX = "step-";
  private static final String ASIDE = ".part";
  private static final String FOLDER = "checkpoints";

  private final Path root;
  private final ProcessGroup group;
  private final int keepLast;

  /// The store of a run.
  ///
  /// @param out the output folder of the run, which all processes share
  /// @param keepLast number of checkpoints to keep
  public static CheckpointStore of(Path out, ProcessGroup group, int keepLast) {
    return new CheckpointStore(out.resolve(FOLDER), group, keepLast);
  }

  /// The newest complete checkpoint of the run in an output folder.
  public static Optional<Path> newestIn(Path out) {
    return of(out, new SingleProcess(), 1).newest();
  }

  /// @param root folder that all processes share
  /// @param keepLast number of checkpoints to keep
  public CheckpointStore(Path root, ProcessGroup group, int keepLast) {
    this.root = root;
    this.group = group;
    this.keepLast = keepLast;
  }

  /// Writes a checkpoint; all processes call it together.
  ///
  /// @return its folder
  /// @throws LostProcessException if another process is lost
  /// @throws BadInputException if it cannot be written; older checkpoints are then unchanged
  public Path save(List<ParameterUnit> units, RunState state) {
    Path folder = root.resolve(String.format(Locale.ROOT, "%s%08d", PREFIX, state.step()));
    Path aside = root.resolve(folder.getFileName() + ASIDE);
    try {
      if (group.rank() == 0) {
        remove(aside);
        Files.createDirectories(aside);
      }
      group.barrier();
      requireShared(aside);
      writeOwn(units, aside);
      group.barrier();
      if (group.rank() == 0) {
        publish(state, aside, folder);
        prune();
      }
      group.barrier();
      return folder;
    } catch (LostProcessException e) {
      discard(aside);
      throw e; // not the disk's fault: the run may be resumed
    } catch (IOException e) {
      discard(aside);
      throw failed(folder, e.getClass().getSimpleName() + " " + e.getMessage(), e);
    } catch (BadInputException e) {
      discard(aside);
      throw failed(folder, e.getMessage(), e);
    }
  }

  /// Reads a checkpoint back and compares every value with that in memory; all processes call it
  /// together.
  ///
  /// @throws BadInputException if a value differs
  public void verify(Path folder, List<ParameterUnit> units) {
    try (SavedRun saved = SavedRun.open(folder)) {
      for (ParameterUnit unit : units) {
        if (unit.ownElements() == 0) {
          continue;
        }
        for (Map.Entry<String, Tensor> entry : unit.ownState().entrySet()) {
          try (Scope _ = new Scope()) {
            Tensor here = entry.getValue().narrow(0, 0, unit.ownElements()).cpu(); // [own]
            Tensor there =
                saved.read(
                    unit.layout().name(), entry.getKey(), unit.ownStart(), unit.ownElements());
            if (!here.equal(there)) {
              throw new BadInputException(
                  folder
                      + " does not hold what was written ("
                      + unit.layout().name()
                      + " "
                      + entry.getKey()
                      + "); the disk is unreliable, use another one");
            }
          }
        }
      }
    }
    group.barrier();
  }

  /// The newest complete checkpoint.
  public Optional<Path> newest() {
    return all().stream().reduce((_, later) -> later);
  }

  private void requireShared(Path aside) {
    if (!Files.isDirectory(aside)) {
      throw new BadInputException(
          "process "
              + group.rank()
              + " does not see the folder that process 0 has made; let all machines share the"
              + " storage of the output folder");
    }
  }

  private void writeOwn(List<ParameterUnit> units, Path aside) throws IOException {
    InMemoryWeights held = new InMemoryWeights();
    try (Scope _ = new Scope()) {
      for (ParameterUnit unit : units) {
        unit.ownState()
            .forEach((what, tensor) -> {
              if (unit.ownElements() > 0) {
                held.add(
                    SavedRun.key(unit.layout().name(), what),
                    tensor.narrow(0, 0, unit.ownElements()));
              }
            });
      }
      String stem = SavedRun.fileStem(group.rank(), group.size());
      new SafetensorsWriter(Long.MAX_VALUE).write(held, aside, stem, null, WriteListener.NONE);
      FileCheck.write(aside.resolve(stem + SavedRun.EXTENSION));
    }
  }

  private void publish(RunState state, Path aside, Path folder) throws IOException {
    Path file = aside.resolve(SavedRun.STATE_FILE);
    Files.writeString(file, new JsonMapper().writeValueAsString(state));
    force(file);
    FileCheck.write(file);
    force(aside);
    remove(folder);
    Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
    force(root);
  }

  private void prune() throws IOException {
    List<Path> folders = all();
    for (Path old : folders.subList(0, Math.max(0, folders.size() - keepLast))) {
      remove(old);
    }
  }

  private List<Path> all() {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches(PREFIX + "\\d+"))
          .filter(entry -> Files.isRegularFile(entry.resolve(SavedRun.STATE_FILE)))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new BadInputException(root + " cannot be listed: " + e.getMessage(), e);
    }
  }

  private BadInputException failed(Path folder, String why, Exception cause) {
    String older =
        newest()
            .map(path -> "the checkpoint " + path.getFileName() + " is intact")
            .orElse("there is no older checkpoint");
    return new BadInputException(
        "the checkpoint " + folder + " was not written: " + why + "; " + older, cause);
  }

  /// Only process 0 deletes: the others may still be writing, or have none of the folder's files.
  private void discard(Path aside) {
    if (group.rank() != 0) {
      return;
    }
    try {
      remove(aside);
    } catch (IOException | UncheckedIOException e) {
      // the first failure is the one to report
    }
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> deepestFirst = new ArrayList<>();
    try (Stream<Path> entries = Files.walk(folder)) {
      entries.sorted(Comparator.reverseOrder()).forEach(deepestFirst::add);
    }
    for (Path entry : deepestFirst) {
      Files.deleteIfExists(entry);
    }
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
