package llava4j.checkpoint.hub;

import static llava4j.checkpoint.hub.FakeHub.COMMIT;
import static llava4j.checkpoint.hub.FakeHub.filePath;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The cache that is shared with the Python tools.
class HubCacheTest {
  private static final String INDEX = "model.safetensors.index.json";
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir private Path folder;
  private Path repository;
  private FakeHub hub;

  @BeforeEach
  void start() throws IOException {
    repository = folder.resolve("models--team--tiny");
    hub = new FakeHub(folder);
    put("config.json", "{}");
    put(INDEX, "{\"weight_map\": {\"a\": \"" + FIRST + "\", \"b\": \"" + SECOND + "\"}}");
    put(FIRST, "first");
    put(SECOND, "second");
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  void whatThePythonToolsLeftIsUsedOffline() throws Exception {
    asPythonLeavesIt();
    Path snapshot = hub.fetchOffline("team/tiny");
    assertThat(snapshot.resolve(FIRST)).hasContent("first");
    assertThat(hub.fetchOffline("team/tiny@" + COMMIT)).isEqualTo(snapshot);
    assertThat(hub.requests).isEmpty();
  }

  @Test
  void whatThePythonToolsLeftIsNotFetchedAgain() throws Exception {
    asPythonLeavesIt();
    hub.fetch("team/tiny");
    assertThat(hub.requests).containsExactly("GET " + FakeHub.listingPath());
  }

  @Test
  void aShardThatIsMissingOfflineIsNamed() throws Exception {
    asPythonLeavesIt();
    Files.delete(repository.resolve("snapshots/" + COMMIT + "/" + SECOND));
    assertOfflineBad("lacks the file " + SECOND);
  }

  @Test
  void aLinkWithoutItsContentIsNamedOfflineAndMendedOnline() throws Exception {
    asPythonLeavesIt();
    Files.delete(repository.resolve("blobs").resolve(FakeHub.etag(SECOND, hub.files.get(SECOND))));
    assertOfflineBad("lacks the file " + SECOND);
    assertThat(hub.fetch("team/tiny").resolve(SECOND)).hasContent("second");
  }

  @Test
  void aContentOfAWrongLengthIsFetchedAnew() throws Exception {
    asPythonLeavesIt();
    Path blob = repository.resolve("blobs").resolve(FakeHub.etag(FIRST, hub.files.get(FIRST)));
    Files.writeString(blob, "fir");
    assertThat(hub.fetch("team/tiny").resolve(FIRST)).hasContent("first");
  }

  @Test
  void aCacheWithoutWeightsIsToldOffline() throws Exception {
    hub.files.keySet().retainAll(java.util.List.of("config.json"));
    asPythonLeavesIt();
    assertOfflineBad("has no weights in the cache");
  }

  @Test
  void onlyTheShardsOfTheIndexAreFetched() throws Exception {
    put("model-00001-of-00001.safetensors", "left over");
    put("pytorch_model.bin", "torch");
    put("README.md", "text");
    Path snapshot = hub.fetch("team/tiny");
    assertThat(snapshot.toFile().list())
        .containsExactlyInAnyOrder("config.json", INDEX, FIRST, SECOND);
    assertThat(hub.count("GET", filePath(INDEX))).isEqualTo(1);
  }

  @Test
  void aShardThatTheRepositoryLacksIsNamed() {
    hub.files.remove(SECOND);
    assertThatThrownBy(() -> hub.fetch("team/tiny"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("names the shard '" + SECOND + "'");
    assertThat(hub.count("GET", filePath(FIRST))).as("told before the long download").isZero();
  }

  @Test
  void anIndexThatIsNoneIsNamed() {
    put(INDEX, "[]");
    assertThatThrownBy(() -> hub.fetch("team/tiny"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("has no weight_map");
  }

  @Test
  void branchesWithSlashesKeepTheirFolders() {
    hub.on(
        "/api/models/team/tiny/revision/refs%2Fpr%2F1",
        (exchange, _) -> FakeHub.send(exchange, 200, hub.listing(true)));
    hub.fetch("team/tiny@refs/pr/1");
    assertThat(repository.resolve("refs/refs/pr/1")).hasContent(COMMIT);
    assertThat(hub.fetchOffline("team/tiny@refs/pr/1")).isDirectory();
  }

  @Test
  void whereLinksCannotBeCopiesAreMade() throws Exception {
    HubCache cache =
        new HubCache(
            folder,
            HubReference.parse("team/tiny"),
            (_, _) -> {
              throw new UnsupportedOperationException();
            });
    HubFile file = new HubFile("config.json", 2, "abc", Optional.empty());
    cache.locked("abc", () -> {});
    Files.writeString(cache.blob("abc"), "{}");
    cache.link(COMMIT, file, "abc");
    Path copy = cache.snapshot(COMMIT).resolve("config.json");
    assertThat(copy).hasContent("{}");
    assertThat(Files.isSymbolicLink(copy)).isFalse();
    assertThat(cache.has(COMMIT, file)).isTrue();
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws Exception {
    Files.writeString(repository, "a file where the folder belongs");
    assertThatThrownBy(() -> hub.fetch("team/tiny"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("set HF_HOME to a folder that can be written");
  }

  private void put(String name, String content) {
    hub.files.put(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private void asPythonLeavesIt() throws IOException {
    Path snapshot = repository.resolve("snapshots").resolve(COMMIT);
    Files.createDirectories(snapshot);
    Files.createDirectories(repository.resolve("blobs"));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
    for (String name : hub.files.keySet()) {
      byte[] content = hub.files.get(name);
      String etag = FakeHub.etag(name, content);
      Files.write(repository.resolve("blobs").resolve(etag), content);
      Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs/" + etag));
    }
  }

  private void assertOfflineBad(String part) {
    assertThatThrownBy(() -> hub.fetchOffline("team/tiny"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(part);
  }
}
