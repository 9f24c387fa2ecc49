package llava4j.checkpoint.hub;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The files of a repository at one commit.
record HubListing(String commit, List<HubFile> files) {

  /// Parses the response of `/api/models/{owner}/{name}/revision/{revision}?blobs=true`.
  static HubListing parse(byte[] json, URI from, HubReference reference) {
    JsonNode root;
    try {
      root = new JsonMapper().readTree(json);
    } catch (JacksonException e) {
      throw new BadInputException(
          from
              + " does not answer like a hub: its listing is not JSON ("
              + e.getOriginalMessage()
              + "); check HF_ENDPOINT",
          e);
    }
    String commit = root.path("sha").asString("");
    if (!commit.matches("[0-9a-fA-F]{7,64}")) {
      throw new BadInputException(
          from + " does not answer like a hub: its listing has no commit; check HF_ENDPOINT");
    }
    List<HubFile> files = new ArrayList<>();
    for (JsonNode sibling : root.path("siblings")) {
      files.add(file(reference, sibling));
    }
    return new HubListing(commit, List.copyOf(files));
  }

  List<String> names() {
    return files.stream().map(HubFile::path).toList();
  }

  /// The files with these names.
  List<HubFile> named(List<String> names) {
    return files.stream().filter(file -> names.contains(file.path())).toList();
  }

  private static HubFile file(HubReference reference, JsonNode sibling) {
    String path = sibling.path("rfilename").asString("");
    if (path.isEmpty()
        || path.startsWith("/")
        || path.contains("\\")
        || path.chars().anyMatch(Character::isISOControl)
        || path.matches("(.*/)?\\.{1,2}(/.*)?")) {
      throw new BadInputException(
          "the hub lists the file '"
              + path.replaceAll("\\p{Cntrl}", "?")
              + "' for "
              + reference
              + ", which would be outside the model's folder; do not trust this hub");
    }
    JsonNode lfs = sibling.path("lfs");
    Optional<String> sha256 =
        Optional.of(lfs.path("sha256").asString("")).filter(text -> text.matches("[0-9a-f]{64}"));
    String blobId = sibling.path("blobId").asString("");
    long size = Math.max(-1, lfs.path("size").asLong(sibling.path("size").asLong(-1)));
    // for a large file, the blob id is that of the pointer, not of the content
    boolean small = lfs.isMissingNode() || lfs.isNull();
    String etag = sha256.orElse(small && blobId.matches("[0-9a-f]{40}") ? blobId : "");
    return new HubFile(path, size, etag, sha256);
  }
}
