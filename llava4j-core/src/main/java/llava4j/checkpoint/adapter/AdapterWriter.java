package llava4j.checkpoint.adapter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.safetensors.SafetensorsWriter;
import llava4j.checkpoint.torch.TorchZipWriter;
import llava4j.checkpoint.weights.NameTable;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.checkpoint.weights.WriteListener;
import llava4j.config.ProjectorConfig;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;
import llava4j.tensor.DType;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Writes an adapter as PEFT does: under the names of the original LLaVA, whose trainer puts what
/// was learned whole into `non_lora_trainables.bin`, or under those of transformers' LLaVA, where
/// it is in PEFT's `modules_to_save`.
///
/// @param parts under our names: `x.lora_A.weight`, `x.lora_B.weight`, `x.lora_embedding_A`,
///   `x.lora_embedding_B` and `x.lora_B.bias` of adapted modules, and whole tensors
/// @param model all tensors of the model that the adapter is on
/// @param settings what the updates count
/// @param base the model under it: a folder or a hub name, as the file shall name it
public record AdapterWriter(
    WeightSource parts, WeightSource model, Settings settings, String base) {

  /// What updates count; modules by our names.
  ///
  /// @param rank of modules that are not in `ranks`
  /// @param alpha of modules that are not in `alphas`
  /// @param rootScale divide by the root of the rank
  public record Settings(
      int rank,
      double alpha,
      boolean rootScale,
      double dropout,
      Map<String, Integer> ranks,
      Map<String, Double> alphas) {
    public Settings {
      ranks = Map.copyOf(ranks);
      alphas = Map.copyOf(alphas);
    }
  }

  private static final String LORA = ".lora_";
  private static final String UP_BIAS = ".lora_B.bias";
  private static final JsonMapper JSON = new JsonMapper();

  /// Writes `adapter_config.json`, `adapter_model.safetensors` and `non_lora_trainables.bin` for
  /// the original code, and for PEFT on its model.
  ///
  /// @param targets last names of the adapted modules, as its search gives them
  /// @param dtype of all tensors; null keeps each one's own
  public void original(
      Path folder, ProjectorConfig projector, Collection<String> targets, DType dtype) {
    UnaryOperator<String> names = name -> "base_model.model." + NameTable.original(name, projector);
    save(named(parts, name -> name.contains(LORA), names), folder, dtype);
    new TorchZipWriter(Long.MAX_VALUE)
        .write(
            named(parts, name -> !name.contains(LORA), names),
            folder,
            "non_lora_trainables",
            dtype,
            WriteListener.NONE);
    writeConfig(folder, targets, Set.of(), name -> name);
  }

  /// Writes `adapter_config.json` and `adapter_model.safetensors` for PEFT on transformers'
  /// LlavaForConditionalGeneration. Its targets are whole names, which match no other module.
  ///
  /// @param dtype of all tensors; null keeps each one's own
  public void huggingFace(Path folder, DType dtype) {
    Optional<String> unfit = unfitForHuggingFace(parts);
    if (unfit.isPresent()) {
      throw new BadInputException(
          unfit.get() + " has no place in an adapter of transformers' LLaVA; use --merge-lora");
    }
    Set<String> modules = wholeModules(parts);
    UnaryOperator<String> names = name -> "base_model.model." + NameTable.transformers(name);
    RenamedSource all = named(parts, name -> name.contains(LORA), names);
    // PEFT keeps a module whole: where one of its tensors was learned, the others come along
    all.add(
        model,
        name ->
            !name.contains(LORA) && modules.contains(moduleOf(name))
                ? Optional.of(names.apply(name))
                : Optional.empty());
    save(all, folder, dtype);
    Set<String> targets = new TreeSet<>();
    adapted(parts).forEach(module -> targets.add(NameTable.transformers(module)));
    Set<String> saved = new TreeSet<>();
    modules.forEach(module -> saved.add(NameTable.transformers(module)));
    writeConfig(folder, targets, saved, NameTable::transformers);
  }

  /// A whole tensor that PEFT cannot hold beside transformers' model: one that is no module's, or
  /// whose module is adapted as well.
  public static Optional<String> unfitForHuggingFace(WeightSource parts) {
    Set<String> adapted = adapted(parts);
    return parts.tensors().keySet().stream()
        .filter(name -> !name.contains(LORA))
        .filter(name -> !name.matches(".*\\.(weight|bias)") || adapted.contains(moduleOf(name)))
        .findFirst();
  }

  /// How a file names a model that lies at `base`: the hub's name if it came from there, else the
  /// way from `folder`, so that both may be moved together.
  public static String reference(Path base, Path folder) {
    if (isSnapshot(base)) {
      return Checkpoint.nameOf(base);
    }
    try {
      Files.createDirectories(folder);
      Path way = folder.toRealPath().relativize(base.toRealPath());
      return way.toString().replace('\\', '/');
    } catch (IOException | IllegalArgumentException e) {
      return base.toAbsolutePath().normalize().toString(); // on another drive
    }
  }

  /// Whether a folder is of the hub's cache.
  public static boolean isSnapshot(Path folder) {
    Path parent = folder.toAbsolutePath().normalize().getParent();
    return parent != null
        && parent.endsWith("snapshots")
        && parent.getParent() != null
        && String.valueOf(parent.getParent().getFileName()).startsWith("models--");
  }

  private static RenamedSource named(
      WeightSource source, Predicate<String> which, UnaryOperator<String> names) {
    return new RenamedSource()
        .add(source, name -> which.test(name) ? Optional.of(names.apply(name)) : Optional.empty());
  }

  private static void save(WeightSource source, Path folder, DType dtype) {
    new SafetensorsWriter(Long.MAX_VALUE)
        .write(source, folder, "adapter_model", dtype, WriteListener.NONE);
  }

  private void writeConfig(
      Path folder,
      Collection<String> targets,
      Collection<String> whole,
      UnaryOperator<String> names) {
    ObjectNode root = JSON.createObjectNode();
    root.put("peft_type", "LORA");
    root.put("task_type", "CAUSAL_LM");
    root.put("base_model_name_or_path", base);
    root.put("r", settings.rank());
    putNumber(root, "lora_alpha", settings.alpha());
    root.put("lora_dropout", settings.dropout());
    root.put("use_rslora", settings.rootScale());
    root.put("bias", "none");
    root.put("lora_bias", parts.tensors().keySet().stream().anyMatch(n -> n.endsWith(UP_BIAS)));
    root.put("fan_in_fan_out", false);
    root.put("inference_mode", true);
    targets.forEach(root.putArray("target_modules")::add);
    if (whole.isEmpty()) {
      root.putNull("modules_to_save");
    } else {
      whole.forEach(root.putArray("modules_to_save")::add);
    }
    ObjectNode ranks = root.putObject("rank_pattern");
    new TreeMap<>(settings.ranks()).forEach((name, rank) -> ranks.put(names.apply(name), rank));
    ObjectNode alphas = root.putObject("alpha_pattern");
    new TreeMap<>(settings.alphas())
        .forEach((name, alpha) -> putNumber(alphas, names.apply(name), alpha));
    AtomicFile.writeText(
        folder.resolve(AdapterConfig.FILE),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
  }

  /// Without a fraction where it has none, as PEFT writes it.
  private static void putNumber(ObjectNode node, String key, double value) {
    if (value == Math.rint(value)) {
      node.put(key, (long) value);
    } else {
      node.put(key, value);
    }
  }

  private static Set<String> adapted(WeightSource parts) {
    Set<String> modules = new TreeSet<>();
    for (String name : parts.tensors().keySet()) {
      if (name.contains(LORA)) {
        modules.add(name.substring(0, name.indexOf(LORA)));
      }
    }
    return modules;
  }

  private static Set<String> wholeModules(WeightSource parts) {
    Set<String> modules = new TreeSet<>();
    for (String name : parts.tensors().keySet()) {
      if (!name.contains(LORA)) {
        modules.add(moduleOf(name));
      }
    }
    return modules;
  }

  private static String moduleOf(String tensor) {
    return tensor.substring(0, Math.max(0, tensor.lastIndexOf('.')));
  }
}
