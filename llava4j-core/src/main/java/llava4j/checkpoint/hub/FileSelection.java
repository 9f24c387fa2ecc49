package llava4j.checkpoint.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Selects the files of a repository that a model needs: the weights in one format, and the small
/// files.
public final class FileSelection {
  private static final Set<String> SMALL =
      Set.of(
          "config.json",
          "generation_config.json",
          "preprocessor_config.json",
          "processor_config.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "tokenizer.json",
          "tokenizer.model",
          "chat_template.json",
          "chat_template.jinja",
          "adapter_config.json",
          "non_lora_trainables.bin");
  private static final String MORE_TEMPLATES = "additional_chat_templates/[^/]+\\.jinja";
  private static final String PROJECTOR = "mm_projector.bin";
  private static final String INDEX_ENDING = ".index.json";

  private FileSelection() {}

  /// The files to download, if no GGUF quantisation is requested.
  public static List<String> needed(List<String> all) {
    return needed(all, Optional.empty());
  }

  /// The files to download. Safetensors are preferred to torch files, an index of shards to a
  /// single file (as when the files are opened), and whole models to GGUF. Folders (other
  /// frameworks, training states) are left out. If the list contains an index, [#shards] gives its
  /// weight files.
  ///
  /// @param quantisation requests the GGUF file with this quantisation
  public static List<String> needed(List<String> all, Optional<String> quantisation) {
    List<String> files =
        new ArrayList<>(
            all.stream()
                .filter(name -> SMALL.contains(name) || name.matches(MORE_TEMPLATES))
                .toList());
    List<String> base =
        quantisation.isPresent() ? List.of() : weights(all, "model", "pytorch_model");
    files.addAll(base);
    if (quantisation.isEmpty()) {
      files.addAll(weights(all, "adapter_model", "adapter_model"));
    }
    if (base.isEmpty() && all.contains(PROJECTOR)) {
      files.add(PROJECTOR); // whole models contain their projector
    }
    if (files.stream().noneMatch(FileSelection::isWeights)) {
      files.addAll(new GgufSelection(all).choose(quantisation));
    }
    return files;
  }

  /// The files of a sub-folder that the `config.json` of the original layout names as vision tower.
  ///
  /// @param config the content of `config.json`
  /// @return paths from the repository's root; empty if the vision tower is not in the repository
  static List<String> towerFiles(List<String> all, byte[] config) {
    String folder;
    try {
      folder = new JsonMapper().readTree(config).path("mm_vision_tower").asString("");
    } catch (JacksonException _) {
      return List.of(); // errors in config.json are reported when the model is opened
    }
    String prefix = folder.replaceFirst("^\\./", "").replaceFirst("/+$", "") + "/";
    List<String> inside =
        all.stream()
            .filter(name -> name.startsWith(prefix))
            .map(name -> name.substring(prefix.length()))
            .toList();
    List<String> files = new ArrayList<>(inside.stream().filter(SMALL::contains).toList());
    files.addAll(weights(inside, "model", "pytorch_model"));
    return files.stream().map(prefix::concat).toList();
  }

  /// Whether a file contains tensors.
  static boolean isWeights(String name) {
    return name.matches(".*\\.(safetensors|bin|gguf)");
  }

  /// The index of shards among chosen files, if there is one.
  static Optional<String> index(List<String> chosen) {
    return chosen.stream().filter(name -> name.endsWith(INDEX_ENDING)).findFirst();
  }

  /// The shards in an index.
  static List<String> shards(String index, byte[] json, String repository) {
    JsonNode map;
    try {
      map = new JsonMapper().readTree(json).path("weight_map");
    } catch (JacksonException e) {
      throw unreadable(index, repository, e);
    }
    if (!map.isObject() || map.isEmpty()) {
      throw unreadable(index, repository, null);
    }
    Set<String> shards = new TreeSet<>();
    map.forEach(shard -> shards.add(shard.asString("")));
    return List.copyOf(shards);
  }

  /// The selected files, with exactly these shards as weights.
  static List<String> withShards(List<String> chosen, String index, List<String> shards) {
    String stem = index.substring(0, index.indexOf('.'));
    List<String> files =
        new ArrayList<>(
            chosen.stream()
                .filter(name -> !(isWeights(name) && name.startsWith(stem)))
                .filter(name -> !shards.contains(name))
                .toList());
    files.addAll(shards);
    return files;
  }

  private static List<String> weights(List<String> all, String safetensors, String torch) {
    List<String> found = oneForm(all, safetensors, ".safetensors");
    return found.isEmpty() ? oneForm(all, torch, ".bin") : found;
  }

  /// The index of shards, or else the single file, or else shards without an index.
  private static List<String> oneForm(List<String> all, String stem, String ending) {
    List<String> shards =
        all.stream()
            .filter(name -> name.startsWith(stem) && name.endsWith(ending))
            .filter(name ->
                name.substring(stem.length(), name.length() - ending.length())
                    .matches("-\\d+-of-\\d+"))
            .toList();
    List<String> files = new ArrayList<>();
    if (all.contains(stem + ending + INDEX_ENDING)) {
      files.add(stem + ending + INDEX_ENDING);
      files.addAll(shards);
    } else if (all.contains(stem + ending)) {
      files.add(stem + ending);
    } else {
      files.addAll(shards);
    }
    return files;
  }

  private static BadInputException unreadable(
      String index, String repository, JacksonException cause) {
    return new BadInputException(
        index
            + " of "
            + repository
            + " is not an index of shards (it has no weight_map); tell the model's owner, or name"
            + " another revision",
        cause);
  }
}
