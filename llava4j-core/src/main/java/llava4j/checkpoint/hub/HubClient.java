package llava4j.checkpoint.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Fetches what a model needs and nothing else. What is there already is not fetched again; what
/// was cut goes on where it stopped.
public final class HubClient {
  private static final long MAX_LISTING_BYTES = 64L << 20;

  private final HubSettings settings;
  private final HubHttp http;

  /// Hears how far a download is.
  @FunctionalInterface
  public interface ProgressListener {
    void onBytes(long done, long total);
  }

  public HubClient(HubSettings settings) {
    this.settings = settings;
    this.http = new HubHttp(settings);
  }

  /// The folder of the model's files, complete.
  ///
  /// @param notes hears sentences about retries
  public Path fetch(HubReference reference, ProgressListener progress, Consumer<String> notes) {
    HubCache cache = new HubCache(settings.cache(), reference);
    if (settings.offline()) {
      return offline(reference, cache);
    }
    Listing listing = list(reference, notes);
    List<HubFile> files = select(reference, listing);
    List<HubFile> missing =
        files.stream().filter(file -> !cache.has(listing.commit(), file)).toList();
    long total = files.stream().mapToLong(file -> Math.max(0, file.size())).sum();
    long wanted = missing.stream().mapToLong(file -> Math.max(0, file.size())).sum();
    cache.requireSpace(wanted);
    long done = total - wanted;
    for (HubFile file : missing) {
      long before = done;
      download(
          reference,
          listing.commit(),
          file,
          cache,
          bytes -> progress.onBytes(before + bytes, total),
          notes);
      done += Math.max(0, file.size());
    }
    cache.remember(reference.revision(), listing.commit());
    return cache.snapshot(listing.commit());
  }

  private record Listing(String commit, List<HubFile> files) {}

  private Path offline(HubReference reference, HubCache cache) {
    Optional<Path> folder =
        cache
            .commitOf(reference.revision())
            .map(cache::snapshot)
            .filter(java.nio.file.Files::isDirectory);
    return folder.orElseThrow(() ->
        new BadInputException(
            reference
                + " is not in the cache "
                + settings.cache()
                + " and the network is switched off; run 'llava"
                + " pull "
                + reference.name()
                + "' with a network first"));
  }

  private Listing list(HubReference reference, Consumer<String> notes) {
    URI uri =
        URI.create(
            settings.endpoint()
                + "/api/models/"
                + reference.name()
                + "/revision/"
                + encoded(reference.revision())
                + "?blobs=true");
    JsonNode json;
    HttpResponse<InputStream> response = http.get(uri, Map.of(), reference.toString(), notes);
    try (InputStream body = response.body()) {
      json = new JsonMapper().readTree(body.readNBytes((int) MAX_LISTING_BYTES));
    } catch (IOException | JacksonException e) {
      throw new BadInputException(
          "the hub's listing of " + reference + " cannot be read: " + e.getMessage(), e);
    }
    String commit = json.path("sha").asString("");
    if (!commit.matches("[0-9a-fA-F]{7,64}")) {
      throw new BadInputException(
          uri + " does not answer like a hub: its listing names no commit; check HF_ENDPOINT");
    }
    List<HubFile> files = new ArrayList<>();
    for (JsonNode sibling : json.path("siblings")) {
      files.add(file(reference, sibling));
    }
    return new Listing(commit, files);
  }

  private static HubFile file(HubReference reference, JsonNode sibling) {
    String path = sibling.path("rfilename").asString("");
    if (path.isEmpty()
        || path.startsWith("/")
        || path.contains("\\")
        || path.matches("(.*/)?\\.\\.(/.*)?")) {
      throw new BadInputException(
          "the hub lists the file '"
              + path
              + "' for "
              + reference
              + ", which would lie outside the model's folder");
    }
    JsonNode lfs = sibling.path("lfs");
    Optional<String> sha256 =
        Optional.of(lfs.path("sha256").asString("")).filter(text -> text.matches("[0-9a-f]{64}"));
    String blobId = sibling.path("blobId").asString("");
    long size = lfs.path("size").asLong(sibling.path("size").asLong(-1));
    return new HubFile(
        path, size, sha256.orElse(blobId.matches("[0-9a-f]{40}") ? blobId : ""), sha256);
  }

  private static List<HubFile> select(HubReference reference, Listing listing) {
    List<String> needed =
        FileSelection.needed(listing.files().stream().map(HubFile::path).toList());
    List<HubFile> files =
        listing.files().stream().filter(file -> needed.contains(file.path())).toList();
    boolean hasWeights =
        needed.stream().anyMatch(name -> name.matches(".*\\.(safetensors|bin|gguf)"));
    if (!hasWeights) {
      throw new BadInputException(
          reference
              + " holds no weights that can be read: neither safetensors nor torch nor GGUF files");
    }
    return files;
  }

  private void download(
      HubReference reference,
      String commit,
      HubFile listed,
      HubCache cache,
      java.util.function.LongConsumer onBytes,
      Consumer<String> notes) {
    URI uri =
        URI.create(
            settings.endpoint()
                + "/"
                + reference.name()
                + "/resolve/"
                + commit
                + "/"
                + encodedPath(listed.path()));
    HubFile file =
        listed.etag().isEmpty() ? http.describe(uri, listed, reference.toString(), notes) : listed;
    cache.locked(
        file.etag(),
        () -> {
          if (!java.nio.file.Files.isRegularFile(cache.blob(file.etag()))) {
            new HubDownload(http, uri, file, reference.toString()).run(cache, onBytes, notes);
          }
          cache.link(commit, file, file.etag());
        });
  }

  private static String encodedPath(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      parts.add(encoded(part));
    }
    return String.join("/", parts);
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
