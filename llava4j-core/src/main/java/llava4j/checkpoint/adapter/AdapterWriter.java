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

/// Writes an adapter in PEFT's format. With the names of the original LLaVA, fully trained tensors
/// are in `non_lora_trainables.bin`, as from the original trainer; with the names of transformers'
/// LLaVA, they are in PEFT's `modules_to_save`.
///
/// @param parts under our names: `x.lora_A.weight`, `x.lora_B.weight`, `x.lora_embedding_A`,
///   `x.lora_embedding_B` and `x.lora_B.bias` of adapted modules, and fully trained tensors
/// @param model all tensors of the adapted model
/// @param settings ranks and scales of the updates
/// @param base the base model as it is named in the file: a folder or a hub name
public record AdapterWriter(
    WeightSource parts, WeightSource model, Settings settings, String base) {

  /// Ranks and scales of the updates, by our names of the modules.
  ///
  /// @param rank of modules that are not in `ranks`
  /// @param alpha of modules that are not in `alphas`
  /// @param rootScale divide by the square root of the rank
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
  /// @param targets last names of the adapted modules, in the order of the original code
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
          unfit.get()
              + " cannot be stored in an adapter for transformers' LLaVA; use --merge-lora");
    }
    Set<String> modules = wholeModules(parts);
    UnaryOperator<String> names = name -> "base_model.model." + NameTable.transformers(name);
    RenamedSource all = named(parts, name -> name.contains(LORA), names);
    // PEFT stores whole modules: if one tensor of a module was trained, the others are stored too
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

  /// A fully trained tensor that PEFT cannot store for transformers' model: it belongs to no
  /// module, or its module has a low-rank update as well.
  public static Optional<String> unfitForHuggingFace(WeightSource parts) {
    Set<String> adapted = adapted(parts);
    return parts.tensors().keySet().stream()
        .filter(name -> !name.contains(LORA))
        .filter(name -> !name.matches(".*\\.(weight|bias)") || adapted.contains(moduleOf(name)))
        .findFirst();
  }

  /// The name of the model at `base` in a file: its hub name if it is from the hub, or else its
  /// path relative to `folder`, so that both can be moved together.
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

  /// Whether a folder is in the hub's cache.
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

  /// A whole number is written without a fraction, as in PEFT.
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
