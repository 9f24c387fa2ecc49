package llava4j.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import llava4j.checkpoint.safetensors.SafetensorsFile;
import llava4j.checkpoint.torch.TorchZipFile;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.config.ConfigNode;
import llava4j.error.BadInputException;
import llava4j.error.NameList;
import tools.jackson.databind.JsonNode;

/// The weight files of a folder, sharded or not, safetensors or torch.
public final class WeightFolder {
  private WeightFolder() {}

  /// Opens the weight files of a folder. Safetensors are preferred to torch files, and an index of
  /// shards to a single file.
  ///
  /// @param stems file names without extension, such as `model` and `pytorch_model`, tried in order
  public static WeightSource open(Path folder, List<String> stems) {
    List<String> tried = new ArrayList<>();
    for (String ending : List.of(".safetensors", ".bin")) {
      for (String stem : stems) {
        Path single = folder.resolve(stem + ending);
        Path index = folder.resolve(stem + ending + ".index.json");
        tried.add(single.getFileName().toString());
        if (Files.isRegularFile(index)) {
          return openShards(folder, index);
        }
        if (Files.isRegularFile(single)) {
          return openFile(single);
        }
      }
    }
    throw new BadInputException(
        folder
            + " contains no weights: none of "
            + tried
            + " is there, and no index of shards; download the checkpoint"
            + " again or name another folder");
  }

  /// Opens one file by its extension.
  public static WeightSource openFile(Path file) {
    return file.getFileName().toString().endsWith(".safetensors")
        ? SafetensorsFile.open(file)
        : TorchZipFile.open(file);
  }

  private static WeightSource openShards(Path folder, Path index) {
    ConfigNode node = ConfigNode.read(index);
    JsonNode map = node.json().path("weight_map");
    if (!map.isObject()) {
      throw new BadInputException(index + " has no weight_map; download it again");
    }
    TreeSet<String> shards = new TreeSet<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      shards.add(entry.getValue().asString(""));
    }
    requireInFolder(folder, index, shards);
    RenamedSource all = new RenamedSource();
    try {
      for (String shard : shards) {
        Function<String, Optional<String>> listedHere =
            name ->
                map.path(name).asString("").equals(shard) ? Optional.of(name) : Optional.empty();
        all.add(openFile(folder.resolve(shard)), listedHere);
      }
      requireListed(index, map, all);
      return all;
    } catch (RuntimeException e) {
      all.close();
      throw e;
    }
  }

  private static void requireInFolder(Path folder, Path index, Set<String> shards) {
    List<String> missing = new ArrayList<>();
    for (String shard : shards) {
      if (!shard.matches("[^/\\\\]+")) {
        throw new BadInputException(index + " names a shard outside its folder: '" + shard + "'");
      }
      if (!Files.isRegularFile(folder.resolve(shard))) {
        missing.add(shard);
      }
    }
    if (!missing.isEmpty()) {
      throw NameList.of(missing)
          .refusal(
              folder + " lacks " + missing.size() + " of the files that its index names: ",
              "; download the checkpoint again");
    }
  }

  private static void requireListed(Path index, JsonNode map, WeightSource all) {
    List<String> absent =
        map.propertyNames().stream().filter(name -> !all.tensors().containsKey(name)).toList();
    if (!absent.isEmpty()) {
      throw NameList.of(absent)
          .refusal(
              index + " names " + absent.size() + " tensors that are not in its shards: ",
              "; download the checkpoint again");
    }
  }
}
