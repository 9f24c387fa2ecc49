package llava4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SampleFileTest {
  private static final String FIRST =
      "{\"id\":\"a\",\"conversations\":[{\"from\":\"human\",\"value\":\"one two\"},"
          + "{\"from\":\"gpt\",\"value\":\"three\"}]}";
  private static final String SECOND =
      "{\"id\":\"b\",\"image\":\"p/q.jpg\",\"conversations\":"
          + "[{\"from\":\"human\",\"value\":\"<image>\\nwhat\"},{\"from\":\"gpt\",\"value\":\"x\"}]}";

  @TempDir Path folder;

  @Test
  void listAndLinesGiveTheSameSamples() throws IOException {
    List<Sample> expected =
        List.of(
            new Sample(
                "a",
                Optional.empty(),
                List.of(
                    new Turn(Turn.Speaker.HUMAN, "one two"), new Turn(Turn.Speaker.GPT, "three"))),
            new Sample(
                "b",
                Optional.of("p/q.jpg"),
                List.of(
                    new Turn(Turn.Speaker.HUMAN, "<image>\nwhat"),
                    new Turn(Turn.Speaker.GPT, "x"))));
    assertThat(samples("[" + FIRST + "," + SECOND + "]")).isEqualTo(expected);
    assertThat(samples("[\n  " + FIRST + " ,\r\n\t" + SECOND + "\n]\n")).isEqualTo(expected);
    assertThat(samples(FIRST + "\n" + SECOND + "\n")).isEqualTo(expected);
    assertThat(samples(FIRST + "\r\n" + SECOND)).isEqualTo(expected);
  }

  @Test
  void blankLinesBetweenSamplesDoNotCount() throws IOException {
    assertThat(samples("\n\n" + FIRST + "\n\n  \r\n" + SECOND + "\n\n")).hasSize(2);
  }

  @Test
  void wordsOfASampleArePositiveWithAImageAndNegativeWithout() throws IOException {
    try (SampleFile file = open(FIRST + "\n" + SECOND)) {
      assertThat(file.modalityLengths()).containsExactly(-3, 3);
      file.modalityLengths()[0] = 99;
      assertThat(file.modalityLengths()[0]).as("the caller's array is its own").isEqualTo(-3);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void samplesAreFoundByOffsetBehindCharactersOfManyBytes(boolean list) throws IOException {
    int count = 2500; // more than the index holds at first
    JsonMapper json = new JsonMapper();
    List<String> written = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      written.add(
          json.writeValueAsString(
              json.createObjectNode()
                  .put("id", "n" + i)
                  .put("note", "é".repeat(i % 7) + "😀漢".repeat(i % 5))
                  .set(
                      "conversations",
                      json.createArrayNode()
                          .add(turn(json, "human", "ü😀" + i))
                          .add(turn(json, "gpt", "漢字 " + "€".repeat(i % 11) + "\u2028\n\"" + i)))));
    }
    String text =
        list ? "[\n" + String.join(" ,\n", written) + "\n]" : String.join("\n", written) + "\n";
    try (SampleFile file = open(text)) {
      assertThat(file.size()).isEqualTo(count);
      List<Integer> numbers = new ArrayList<>(IntStream.range(0, count).boxed().toList());
      java.util.Collections.shuffle(numbers, new java.util.Random(3));
      for (int i : numbers) {
        Sample sample = file.get(i);
        assertThat(sample.id()).isEqualTo("n" + i);
        assertThat(sample.turns().getFirst().text()).isEqualTo("ü😀" + i);
        assertThat(sample.turns().getLast().text())
            .isEqualTo("漢字 " + "€".repeat(i % 11) + "\u2028\n\"" + i);
      }
    }
  }

  @Test
  void manyThreadsReadAtOnce() throws IOException {
    try (SampleFile file = open(FIRST + "\n" + SECOND)) {
      List<String> ids =
          IntStream.range(0, 2000).parallel().mapToObj(i -> file.get(i % 2).id()).toList();
      assertThat(ids)
          .isEqualTo(IntStream.range(0, 2000).mapToObj(i -> i % 2 == 0 ? "a" : "b").toList());
    }
  }

  @Test
  void aByteOrderMarkMovesNoOffset() throws IOException {
    assertThat(samples("\ufeff[" + FIRST + "," + SECOND + "]"))
        .isEqualTo(samples("[" + FIRST + "," + SECOND + "]"));
  }

  @Test
  void progressReachesTheLastSample() throws IOException {
    Path path = write("[" + FIRST + "," + SECOND + "]");
    List<Long> done = new ArrayList<>();
    SampleFile.open(
            path,
            (at, total) -> {
              assertThat(total).isEqualTo(FIRST.length() + SECOND.length() + 3);
              done.add(at);
            })
        .close();
    assertThat(done).containsExactly(1L + FIRST.length(), 2L + FIRST.length() + SECOND.length());
  }

  @Test
  void fingerprintIsTheHashOfAllBytes() throws Exception {
    String text = "[" + FIRST + "," + SECOND + "] \n  \n";
    String fingerprint = fingerprint(text);
    assertThat(fingerprint)
        .isEqualTo(
            java.util.HexFormat.of()
                .formatHex(
                    java.security.MessageDigest.getInstance("SHA-256")
                        .digest(text.getBytes(StandardCharsets.UTF_8))));
    assertThat(fingerprint(text.replace("three", "thref"))).isNotEqualTo(fingerprint);
    assertThat(fingerprint(text + " ")).as("a byte behind the list").isNotEqualTo(fingerprint);
  }

  @Test
  void missingFileIsNamed() {
    Path path = folder.resolve("nowhere.json");
    assertThatThrownBy(() -> SampleFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessage(path + " does not exist; name a JSON or JSONL file of samples");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n \n", "[]", "[ ]\n"})
  void aFileWithoutSamplesIsRefused(String text) {
    assertRefused(text, "contains no samples");
  }

  @Test
  void listThatEndsEarlyIsToldWithItsPlace() {
    String whole = "[" + FIRST + "," + SECOND;
    assertRefused(whole, "after sample 1", "byte " + whole.length());
    assertRefused("[" + FIRST + "," + SECOND.substring(0, 40), "after sample 0", "byte");
    assertRefused(FIRST + "\n" + SECOND.substring(0, 40), "after sample 0", "byte");
  }

  @Test
  void aFileThatIsNoJsonIsToldWithItsPlace() {
    assertRefused("id,image,text\n1,a.jpg,hello\n", "not valid JSON at its start", "byte");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE"})
  void aFileInAnotherEncodingIsToldSo(String encoding) throws IOException {
    Path path = folder.resolve("wide.json");
    Files.write(path, ("[" + FIRST + "]").getBytes(Charset.forName(encoding)));
    assertThatThrownBy(() -> SampleFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(path + " is not in UTF-8");
  }

  @Test
  void aFileThatIsNotUtf8InsideIsToldWithItsPlace() throws IOException {
    Path path = folder.resolve("latin.json");
    Files.write(
        path,
        ("[" + FIRST + "," + SECOND.replace("what", "é?") + "]")
            .getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> SampleFile.open(path))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(path.toString(), "after sample 0", "UTF-8");
  }

  @Test
  void anEntryThatIsNoObjectIsNamed() {
    assertRefused("[" + FIRST + ",17]", "sample 1 is not a JSON object");
    assertRefused("[[" + FIRST + "]]", "sample 0 is not a JSON object");
    assertRefused("\"text\"", "sample 0 is not a JSON object");
    assertRefused(FIRST + "\nnull\n", "sample 1 is not a JSON object");
  }

  @Test
  void whatStandsBehindTheListIsNotSilentlyLost() {
    assertRefused("[" + FIRST + "]\n[" + SECOND + "]", "has more text after its list");
    assertRefused("[" + FIRST + "]" + SECOND, "has more text after its list");
    assertRefused("[" + FIRST + "] garbage", "not valid JSON after sample 0");
  }

  @Test
  void aBrokenSampleIsNamedWhenTheFileIsOpened() {
    assertRefused(FIRST + "\n{\"id\":\"z\"}", "sample 1 (id 'z')", "conversations");
  }

  @Test
  void aFileThatChangesWhileInUseEndsTheRun() throws IOException {
    Path path = write(FIRST + "\n" + SECOND);
    try (SampleFile file = SampleFile.open(path)) {
      assertThat(file.get(1).id()).isEqualTo("b");
      Files.writeString(path, SECOND + "\n" + FIRST);
      Files.setLastModifiedTime(path, FileTime.fromMillis(1_000_000_000_000L));
      assertChanged(file, path);
      Files.writeString(path, FIRST.substring(0, 10));
      assertChanged(file, path);
    }
  }

  @Test
  void aFileThatIsReplacedWhileInUseEndsTheRun() throws IOException {
    Path path = write(FIRST + "\n" + SECOND);
    try (SampleFile file = SampleFile.open(path)) {
      Path other = folder.resolve("other.json");
      Files.writeString(other, SECOND + "\n" + FIRST + "\n" + FIRST);
      Files.move(other, path, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      assertChanged(file, path);
    }
  }

  private static void assertChanged(SampleFile file, Path path) {
    assertThatThrownBy(() -> file.get(1))
        .isInstanceOf(BadInputException.class)
        .hasMessage(path + " changed while it was in use; start again");
  }

  private void assertRefused(String text, String... parts) {
    assertThatThrownBy(() -> open(text).close())
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(folder.resolve("samples.json").toString())
        .hasMessageContainingAll(parts)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "sample -1"));
  }

  private static JsonNode turn(JsonMapper json, String from, String value) {
    return json.createObjectNode().put("from", from).put("value", value);
  }

  private String fingerprint(String text) throws IOException {
    try (SampleFile file = open(text)) {
      return file.fingerprint();
    }
  }

  private List<Sample> samples(String text) throws IOException {
    try (SampleFile file = open(text)) {
      return IntStream.range(0, file.size()).mapToObj(file::get).toList();
    }
  }

  private SampleFile open(String text) throws IOException {
    return SampleFile.open(write(text));
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("samples.json"), text);
  }
}
