package llava4j.checkpoint.adapter;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import llava4j.config.ConfigNode;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// The `adapter_config.json` of PEFT (LoraConfig of PEFT 0.4 to 0.21). Every field is either used,
/// or has no effect on a trained adapter, or is refused by name.
///
/// @param file the path of the file
/// @param base `base_model_name_or_path`
/// @param targets `target_modules` of the file: names, ends of names, or a pattern
/// @param rank number of rows of A, unless `ranks` has the module
/// @param alpha the update is scaled by alpha / rank, or alpha / sqrt(rank), unless `alphas` has
///   the module
/// @param rootScale divide by the square root of the rank (rsLoRA)
/// @param dropout dropout probability of the adapter's inputs during training
/// @param ranks ranks of modules; a key is a regular expression for the end of the name
/// @param alphas like `ranks`, for alpha
/// @param keepsTies an update of the embedding table also applies to an output head tied to it
/// @param tokenRows trained single rows of a table, by the last name of the module
public record AdapterConfig(
    Path file,
    Optional<String> base,
    List<String> targets,
    int rank,
    double alpha,
    boolean rootScale,
    double dropout,
    Map<Pattern, Integer> ranks,
    Map<Pattern, Double> alphas,
    boolean keepsTies,
    Map<String, List<Integer>> tokenRows) {

  /// The name of the file.
  public static final String FILE = "adapter_config.json";

  private static final double PEFT_ALPHA = 8; // PEFT's default
  private static final int MAX_PATTERN_LETTERS = 500;

  /// Fields about the training or the origin of an adapter. They have no effect on a trained
  /// adapter; its tensors show which modules it has.
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "auto_mapping",
          "base_model_class",
          "base_model_name_or_path",
          "bias",
          "corda_config",
          "ensure_weight_tying",
          "eva_config",
          "exclude_modules",
          "inference_mode",
          "init_lora_weights",
          "layers_pattern",
          "layers_to_transform",
          "loftq_config",
          "lora_alpha",
          "lora_bias",
          "lora_dropout",
          "lora_dtype",
          "lora_ga_config",
          "lorap_emb_lr",
          "lorap_lr_ratio",
          "megatron_core",
          "modules_to_save",
          "peft_type",
          "peft_version",
          "qalora_group_size",
          "r",
          "rank_pattern",
          "alpha_pattern",
          "revision",
          "runtime_config",
          "target_modules",
          "target_parameters",
          "task_type",
          "trainable_token_indices",
          "use_rslora");

  /// Initialisations that also change the base's weights, so that the adapter fits only the changed
  /// base.
  private static final List<String> CHANGES_BASE =
      List.of("pissa", "olora", "corda", "loftq", "lora_ga", "mica");

  public AdapterConfig {
    targets = List.copyOf(targets);
    ranks = Collections.unmodifiableMap(new LinkedHashMap<>(ranks)); // the first match counts
    alphas = Collections.unmodifiableMap(new LinkedHashMap<>(alphas));
    tokenRows = Map.copyOf(tokenRows);
  }

  /// Reads the file of a folder.
  public static AdapterConfig read(Path folder) {
    ConfigNode config = ConfigNode.read(folder.resolve(FILE));
    if (!config.text("peft_type", "LORA").equals("LORA")) {
      throw unsupported(config, "peft_type");
    }
    for (Map.Entry<String, JsonNode> field : config.json().properties()) {
      if (!WITHOUT_EFFECT.contains(field.getKey()) && isSet(field.getValue())) {
        throw unsupported(config, field.getKey());
      }
    }
    String start = config.json().path("init_lora_weights").asString("");
    if (CHANGES_BASE.stream().anyMatch(start.toLowerCase(java.util.Locale.ROOT)::startsWith)) {
      throw new BadInputException(
          config.file()
              + ": init_lora_weights is '"
              + start
              + "', which also changes the base's weights, so the adapter does not fit the original"
              + " base; save it from PEFT with path_initial_model_for_weight_conversion, or merge it"
              + " there");
    }
    int rank = config.integer("r");
    if (rank < 1) {
      throw config.wrong("r", "at least 1");
    }
    String base = config.text("base_model_name_or_path", "");
    return new AdapterConfig(
        config.file(),
        base.isBlank() ? Optional.empty() : Optional.of(base),
        targets(config),
        rank,
        config.number("lora_alpha", PEFT_ALPHA),
        config.flag("use_rslora", false),
        config.number("lora_dropout", 0),
        patterns(config, "rank_pattern", (node, key) -> node.integer(key, 0)),
        patterns(config, "alpha_pattern", (node, key) -> node.number(key, 0)),
        config.flag("ensure_weight_tying", false),
        tokenRows(config));
  }

  /// The rank that a module's tensors must have.
  ///
  /// @param module its name in the model that was adapted
  public int rankOf(String module) {
    return matching("rank_pattern", ranks, module).orElse(rank);
  }

  /// The alpha of a module.
  public double alphaOf(String module) {
    return matching("alpha_pattern", alphas, module).orElse(alpha);
  }

  /// The scale of a module's update.
  public double scaleOf(String module) {
    double moduleRank = rankOf(module);
    return alphaOf(module) / (rootScale ? Math.sqrt(moduleRank) : moduleRank);
  }

  private <T> Optional<T> matching(String key, Map<Pattern, T> patterns, String module) {
    for (Map.Entry<Pattern, T> entry : patterns.entrySet()) {
      try {
        if (entry.getKey().matcher(new CountedText(module)).matches()) {
          return Optional.of(entry.getValue());
        }
      } catch (CountedText.TooManyLooks | StackOverflowError _) {
        throw new BadInputException(
            file
                + ": "
                + key
                + " has a pattern that takes too long to match, "
                + entry.getKey()
                + "; use plain module names");
      }
    }
    return Optional.empty();
  }

  private static <T> Map<Pattern, T> patterns(
      ConfigNode config, String key, BiFunction<ConfigNode, String, T> value) {
    Map<Pattern, T> patterns = new LinkedHashMap<>();
    config
        .object(key)
        .ifPresent(node -> {
          for (Map.Entry<String, JsonNode> entry : node.json().properties()) {
            if (!entry.getValue().isNumber() || entry.getValue().asDouble() <= 0) {
              throw node.wrong(entry.getKey(), "a number above 0");
            }
            patterns.put(pattern(node, key, entry.getKey()), value.apply(node, entry.getKey()));
          }
        });
    return patterns;
  }

  /// PEFT's rule: the key is a regular expression for the end of the module's name.
  private static Pattern pattern(ConfigNode node, String key, String module) {
    try {
      if (module.length() <= MAX_PATTERN_LETTERS) {
        return Pattern.compile("(.*\\.)?(" + module + ")");
      }
    } catch (PatternSyntaxException e) {
      throw new BadInputException(
          node.file()
              + ": "
              + key
              + ": '"
              + module
              + "' is not a regular expression: "
              + e.getDescription(),
          e);
    }
    throw new BadInputException(
        node.file()
            + ": "
            + key
            + " has a pattern of "
            + module.length()
            + " letters; use a shorter pattern");
  }

  /// `[1, 2]` means rows of the input embedding table; otherwise the module is named.
  private static Map<String, List<Integer>> tokenRows(ConfigNode config) {
    String key = "trainable_token_indices";
    JsonNode node = config.json().path(key);
    if (node.isArray()) {
      return Map.of("embed_tokens", indices(config, key, node));
    }
    Map<String, List<Integer>> rows = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String module = entry.getKey().substring(entry.getKey().lastIndexOf('.') + 1);
      rows.put(module, indices(config, key, entry.getValue()));
    }
    return rows;
  }

  private static List<Integer> indices(ConfigNode config, String key, JsonNode list) {
    List<Integer> indices = new java.util.ArrayList<>();
    for (JsonNode index : list) {
      if (!index.isInt() || index.asInt() < 0) {
        throw config.wrong(key, "lists of token ids");
      }
      indices.add(index.asInt());
    }
    return indices;
  }

  /// A list, or a text that is a pattern or a keyword for many modules.
  private static List<String> targets(ConfigNode config) {
    JsonNode node = config.json().path("target_modules");
    return node.isString()
        ? List.of(node.asString())
        : node.valueStream().map(name -> name.asString("")).toList();
  }

  private static boolean isSet(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL, MISSING -> false;
      case BOOLEAN -> value.asBoolean();
      case STRING -> !value.asString().isEmpty();
      case ARRAY, OBJECT -> !value.isEmpty();
      case NUMBER, BINARY, POJO -> true;
    };
  }

  private static BadInputException unsupported(ConfigNode config, String key) {
    return new BadInputException(
        config.file()
            + ": "
            + key
            + " is "
            + config.json().get(key)
            + ", which is not supported; merge the adapter with PEFT (merge_and_unload) and give the"
            + " merged model");
  }
}
