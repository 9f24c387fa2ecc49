package llava4j.checkpoint.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.error.BadInputException;

/// Looks up a model in the cache without using the network.
record OfflineModel(HubSettings settings, HubReference reference, HubCache cache) {

  /// The model's folder; fails with a message that names what is missing.
  Path folder() {
    Path folder =
        cache
            .commitOf(reference.revision())
            .map(cache::snapshot)
            .filter(Files::isDirectory)
            .orElseThrow(() -> missing("is not"));
    List<String> names = names(folder);
    List<String> needed = FileSelection.needed(names, reference.quantisation());
    for (String name : needed) {
      requireFile(folder, name); // the content of a link may have been removed
    }
    Optional<String> index = FileSelection.index(needed);
    if (index.isPresent()) {
      byte[] json = cache.read(folder.getFileName().toString(), index.get());
      FileSelection.shards(index.get(), json, reference.toString())
          .forEach(shard -> requireFile(folder, shard));
    }
    if (needed.stream().noneMatch(FileSelection::isWeights)) {
      throw missing("has no weights");
    }
    boolean gguf = needed.stream().anyMatch(name -> name.endsWith(".gguf"));
    if (!gguf && !needed.contains("adapter_config.json")) {
      requireFile(folder, "config.json");
    }
    return folder;
  }

  private void requireFile(Path folder, String name) {
    if (!Files.isRegularFile(folder.resolve(name))) {
      throw missing("lacks the file " + name);
    }
  }

  private List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be listed: " + e.getMessage(), e);
    }
  }

  private BadInputException missing(String what) {
    return new BadInputException(
        reference
            + " "
            + what
            + " in the cache "
            + settings.cache()
            + " and the network is switched off; run 'llava pull "
            + reference.name()
            + "' with a network first");
  }
}
