package llava4j.checkpoint.adapter;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.checkpoint.WeightFolder;
import llava4j.checkpoint.adapter.AdapterTensor.Part;
import llava4j.checkpoint.weights.LowRankUpdate;
import llava4j.checkpoint.weights.LowRankUpdate.Kind;
import llava4j.checkpoint.weights.LowRankUpdate.Stored;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.NameList;
import llava4j.io.CloseAll;

/// The tensors of an adapter's files, grouped by their effect. A tensor without a known effect is
/// an error that names it.
public final class AdapterParts implements AutoCloseable {
  private final Path folder;
  private final AdapterConfig config;
  private final List<WeightSource> files = new ArrayList<>();
  private final SequencedMap<String, LowRankUpdate> updates = new LinkedHashMap<>();
  private final SequencedMap<String, Stored> whole = new LinkedHashMap<>();
  private final SequencedMap<String, Stored> rows = new LinkedHashMap<>();
  private final SequencedMap<String, Stored> biases = new LinkedHashMap<>();
  private final Map<String, Double> biasScales = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  /// The files of the adapter, its configuration among them.
  Set<Path> paths() {
    Set<Path> paths = new LinkedHashSet<>();
    files.forEach(source -> paths.addAll(source.files()));
    Path settings = folder.resolve(AdapterConfig.FILE);
    if (Files.exists(settings)) {
      paths.add(settings);
    }
    return paths;
  }

  private AdapterParts(Path folder, AdapterConfig config) {
    this.folder = folder;
    this.config = config;
  }

  /// Opens `adapter_model.*`, and in the same folder `non_lora_trainables.bin` and
  /// `mm_projector.bin`, which contain the fully trained tensors of the original trainer.
  public static AdapterParts open(Path folder, AdapterConfig config) {
    AdapterParts parts = new AdapterParts(folder, config);
    try {
      parts.add(WeightFolder.open(folder, List.of("adapter_model")));
      for (String name : List.of("non_lora_trainables.bin", "non_lora_trainables.safetensors")) {
        parts.addWhole(folder.resolve(name), AdapterTensor::of);
      }
      parts.addWhole(
          folder.resolve("mm_projector.bin"),
          stored ->
              NameTable.oursOfProjector(stored)
                  .map(ours -> new AdapterTensor(ours, Part.WHOLE, ours)));
      parts.requireNoProblem();
      return parts;
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  /// The same files without low-rank updates.
  AdapterParts withoutUpdates() {
    AdapterParts rest = new AdapterParts(folder, config);
    rest.files.addAll(files);
    rest.whole.putAll(whole);
    rest.rows.putAll(rows);
    return rest;
  }

  /// The tensors under our names, as [AdapterWriter] takes them.
  ///
  /// @param withWhole whether to include fully trained tensors
  public WeightSource named(boolean withWhole) {
    Map<String, Stored> named = new LinkedHashMap<>();
    updates.forEach((module, update) -> {
      boolean table = update.kind() == Kind.TABLE;
      named.put(module + (table ? ".lora_embedding_A" : ".lora_A.weight"), update.down());
      named.put(module + (table ? ".lora_embedding_B" : ".lora_B.weight"), update.up());
    });
    biases.forEach((module, bias) -> named.put(module + ".lora_B.bias", bias));
    if (withWhole) {
      named.putAll(whole);
    }
    return new NamedTensors(named);
  }

  /// Low-rank updates, by our name of the module.
  public SequencedMap<String, LowRankUpdate> updates() {
    return updates;
  }

  /// Tensors that replace those of the base, by our name.
  public SequencedMap<String, Stored> whole() {
    return whole;
  }

  /// Trained single rows of tables, by our name of the module.
  public SequencedMap<String, Stored> rows() {
    return rows;
  }

  /// Updates of biases, by our name of the module; see [#biasScale].
  SequencedMap<String, Stored> biases() {
    return biases;
  }

  /// The scale of a bias update.
  double biasScale(String module) {
    return biasScales.get(module);
  }

  /// Records a problem of the adapter; all problems are reported together.
  void problem(String sentence) {
    problems.add(sentence);
  }

  /// Fails if there were problems.
  void requireNoProblem() {
    if (!problems.isEmpty()) {
      throw NameList.of(problems).refusal(folder + " does not fit the base model: ", "");
    }
  }

  @Override
  public void close() {
    CloseAll.each(files);
  }

  private void addWhole(
      Path file, java.util.function.Function<String, Optional<AdapterTensor>> names) {
    if (!java.nio.file.Files.isRegularFile(file)) {
      return;
    }
    WeightSource source = WeightFolder.openFile(file);
    files.add(source);
    for (TensorInfo info : source.tensors().values()) {
      names
          .apply(info.name())
          .ifPresent(tensor -> {
            if (tensor.part() == Part.WHOLE) {
              Stored other = whole.put(tensor.ours(), new Stored(source, info));
              if (other != null) {
                problem(
                    info.name()
                        + " of "
                        + file.getFileName()
                        + " is also in "
                        + other.info().file().getFileName()
                        + " (as "
                        + other.info().name()
                        + "); keep one of the two files");
              }
            } else {
              problem(info.name() + " of " + file.getFileName() + " belongs in adapter_model");
            }
          });
    }
  }

  private void add(WeightSource source) {
    files.add(source);
    Map<String, Map<Part, Stored>> modules = new LinkedHashMap<>();
    Map<String, String> names = new LinkedHashMap<>();
    for (TensorInfo info : source.tensors().values()) {
      AdapterTensor.of(info.name())
          .ifPresent(tensor -> {
            Stored stored = new Stored(source, info);
            Stored other =
                switch (tensor.part()) {
                  case WHOLE -> whole.put(tensor.ours(), stored);
                  case ROWS -> rows.put(tensor.ours(), stored);
                  case DOWN, UP, UP_BIAS, TABLE_DOWN, TABLE_UP -> {
                    names.put(tensor.ours(), tensor.module());
                    yield modules
                        .computeIfAbsent(tensor.ours(), _ -> new EnumMap<>(Part.class))
                        .put(tensor.part(), stored);
                  }
                };
            if (other != null) {
              problem(
                  tensor.ours()
                      + " exists twice: as "
                      + other.info().name()
                      + " and as "
                      + info.name());
            }
          });
    }
    modules.forEach((ours, parts) -> join(ours, names.get(ours), parts));
  }

  /// A and B of one module.
  private void join(String ours, String module, Map<Part, Stored> parts) {
    boolean table = parts.containsKey(Part.TABLE_DOWN) || parts.containsKey(Part.TABLE_UP);
    Stored down = parts.get(table ? Part.TABLE_DOWN : Part.DOWN);
    Stored up = parts.get(table ? Part.TABLE_UP : Part.UP);
    if (down == null || up == null || parts.size() > (parts.containsKey(Part.UP_BIAS) ? 3 : 2)) {
      Stored lonely = parts.values().iterator().next();
      problem(
          lonely.info().name()
              + " is not one of a pair: its module has "
              + parts.values().stream().map(stored -> stored.info().name()).toList());
      return;
    }
    int rank = config.rankOf(module);
    Kind kind = table ? Kind.TABLE : down.shape().size() == 4 ? Kind.CONVOLUTION : Kind.LINEAR;
    if (down.shape().isEmpty() || down.shape().getFirst() != rank) {
      problem(
          down.info().name()
              + " has shape "
              + down.shape()
              + ", but adapter_config.json says rank "
              + rank);
    }
    double scale = config.scaleOf(module);
    updates.put(ours, new LowRankUpdate(kind, down, up, rank, config.alphaOf(module), scale));
    if (parts.containsKey(Part.UP_BIAS)) {
      biases.put(ours, parts.get(Part.UP_BIAS));
      biasScales.put(ours, scale);
    }
  }
}
