package llava4j.train.state;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import llava4j.checkpoint.safetensors.SafetensorsFile;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// A checkpoint on disk, open for reading. Any process can read any range of any unit, whichever
/// process wrote it.
public final class SavedRun implements AutoCloseable {
  static final String STATE_FILE = "state.json";
  static final String EXTENSION = ".safetensors";

  private final Path folder;
  private final RunState state;
  private final List<SafetensorsFile> files;

  private SavedRun(Path folder, RunState state, List<SafetensorsFile> files) {
    this.folder = folder;
    this.state = state;
    this.files = files;
  }

  /// Opens a checkpoint. The caller closes it.
  ///
  /// @throws BadInputException if a file is missing or damaged
  public static SavedRun open(Path folder) {
    RunState state = readState(folder);
    List<SafetensorsFile> files = new ArrayList<>();
    try {
      for (int process = 0; process < state.processes(); process++) {
        Path file = folder.resolve(fileStem(process, state.processes()) + EXTENSION);
        if (!Files.isRegularFile(file)) {
          throw new BadInputException(
              file
                  + " is missing in the checkpoint; remove the folder to resume from an older"
                  + " checkpoint");
        }
        files.add(SafetensorsFile.open(file));
      }
      return new SavedRun(folder, state, files);
    } catch (RuntimeException e) {
      CloseAll.after(e, files);
      throw e;
    }
  }

  public Path folder() {
    return folder;
  }

  public RunState state() {
    return state;
  }

  /// Verifies the checksums of this process's share of the files; all processes together read each
  /// file once.
  ///
  /// @throws BadInputException if a file is damaged
  public void requireIntact(int rank, int processes) {
    for (int writer = rank; writer < state.processes(); writer += processes) {
      FileCheck.require(folder.resolve(fileStem(writer, state.processes()) + EXTENSION));
    }
  }

  /// Restores the saved state of a unit.
  ///
  /// @throws BadInputException if the checkpoint does not contain the unit or its size differs
  public void restore(ParameterUnit unit) {
    String name = unit.layout().name();
    if (elements(name) != unit.layout().elements()) {
      throw new BadInputException(
          folder
              + " is a checkpoint of a different model: its unit "
              + name
              + " has "
              + elements(name)
              + " elements");
    }
    unit.restore((what, start, elements) -> read(name, what, start, elements));
  }

  /// Reads a range of a unit.
  ///
  /// @param what `weights`, `first_moment` or `second_moment`
  /// @return [elements], on the CPU, in the type in which it was saved
  public Tensor read(String unit, String what, long start, long elements) {
    long part = Math.ceilDiv(elements(unit), state.processes());
    List<Tensor> pieces = new ArrayList<>();
    try (Scope scope = new Scope()) {
      for (int process = 0; process < state.processes(); process++) {
        long from = Math.max(start, process * part);
        long to = Math.min(start + elements, Math.min((process + 1) * part, elements(unit)));
        if (from < to) {
          Tensor stored = files.get(process).load(key(unit, what)); // [part]
          pieces.add(stored.narrow(0, from - process * part, to - from));
        }
      }
      Tensor whole = Tensors.concatenate(pieces, 0); // [elements]
      return scope.keep(pieces.size() == 1 ? whole.clone() : whole);
    }
  }

  @Override
  public void close() {
    CloseAll.each(files);
  }

  static String key(String unit, String what) {
    return unit + "/" + what;
  }

  static String fileStem(int process, int processes) {
    return String.format(Locale.ROOT, "process-%05d-of-%05d", process, processes);
  }

  private long elements(String unit) {
    return state.units().stream()
        .filter(saved -> saved.name().equals(unit))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                folder + " is a checkpoint of a different run: it has no unit " + unit))
        .elements();
  }

  private static RunState readState(Path folder) {
    Path file = folder.resolve(STATE_FILE);
    FileCheck.require(file);
    try {
      return JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build()
          .readValue(file.toFile(), RunState.class);
    } catch (JacksonException e) {
      throw new BadInputException(
          file
              + " cannot be read: "
              + e.getOriginalMessage()
              + "; remove the folder to resume from an older checkpoint",
          e);
    }
  }
}
