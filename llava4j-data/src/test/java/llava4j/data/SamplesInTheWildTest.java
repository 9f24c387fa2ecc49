package llava4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Files of samples as they occur in practice.
class SamplesInTheWildTest {
  private static final String TURNS =
      "\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\\nWhat?\"},{\"from\":\"gpt\",\"value\":\"Red.\"}]";

  @TempDir Path folder;

  private Path write(String text) throws IOException {
    return write(text, StandardCharsets.UTF_8);
  }

  private Path write(String text, Charset charset) throws IOException {
    return Files.writeString(folder.resolve("mine.json"), text, charset);
  }

  private static Path sharedCase(String name) throws URISyntaxException {
    return Path.of(SamplesInTheWildTest.class.getResource("/cases/" + name).toURI());
  }

  private static String withKeys(String keys) {
    return "[{\"id\":\"7\"," + keys + "," + TURNS + "}]";
  }

  private static Sample only(Path file) {
    try (SampleFile samples = SampleFile.open(file)) {
      assertThat(samples.size()).isEqualTo(1);
      return samples.get(0);
    }
  }

  private static void assertRefused(Path file, String... words) {
    assertThatThrownBy(() -> SampleFile.open(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(words)
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("`", "Feature", "\n");
  }

  @Test
  void aRowWithAVideoIsRefusedAndKeptApart() throws Exception {
    Path file = sharedCase("video_row/video.json");
    assertRefused(file, "sample 1 (id 'v')", "'video'", "x.mp4", "only images", "data check --fix");
    List<SampleFault> faults = new ArrayList<>();
    try (SampleFile samples = SampleFile.openLeniently(file, (_, _) -> {}, faults::add)) {
      assertThat(samples.size()).isEqualTo(1);
    }
    assertThat(faults)
        .extracting(SampleFault::kind)
        .containsExactly(SampleFault.Kind.OTHER_MODALITY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"video\":\"a.mp4\"",
        "\"videos\":[\"a.mp4\"]",
        "\"audio\":\"a.wav\"",
        "\"image\":\"a.jpg\",\"audio\":[\"a.wav\"]",
        "\"sound\":{\"path\":\"a.wav\"}",
        "\"point_cloud\":\"a.ply\""
      })
  void otherModalitiesAreRefusedByTheirKey(String keys) throws IOException {
    assertRefused(write(withKeys(keys)), "sample 0 (id '7')", "only images are supported");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"<video>\\nWhat?", "<audio>", "What is it?\\n<video>", " <speech> \\nwhat"})
  void otherModalitiesAreRefusedByTheirPlaceholder(String question) throws IOException {
    String sample = withKeys("\"x\":1").replace("<image>\\nWhat?", question);
    assertRefused(write(sample), "turn 1 has the placeholder <");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Why does <video> not play in my page?",
        "<video>\\n  <source src='x'>\\n</video> does not play",
        "Write about audio.",
        "the tag\\n<video controls>"
      })
  void talkAboutHtmlIsNoVideo(String question) throws IOException {
    String sample = withKeys("\"video\":null,\"audio\":\"\"").replace("<image>\\nWhat?", question);
    assertThat(only(write(sample)).turns()).hasSize(2);
  }

  @Test
  void aListOfOneImageIsThatImage() throws IOException {
    for (String keys :
        List.of("\"image\":[\"one.jpg\"]", "\"images\":[\"one.jpg\"]", "\"images\":\"one.jpg\"")) {
      assertThat(only(write(withKeys(keys))).image()).as(keys).contains("one.jpg");
    }
    assertThat(only(write(withKeys("\"image\":[]"))).image()).isEqualTo(Optional.empty());
  }

  @Test
  void severalImagesAreNamedWithTheRemedy() throws IOException {
    assertRefused(
        write(withKeys("\"image\":[\"a.jpg\",\"b.jpg\",\"c.jpg\"]")),
        "lists 3 images",
        "split the sample");
    assertRefused(write(withKeys("\"image\":\"a.jpg\",\"images\":[\"b.jpg\"]")), "lists 2 images");
    assertRefused(write(withKeys("\"image\":[1]")), "image is 1, not a path");
  }

  @Test
  void nanInAFieldThatNobodyReadsIsRead() throws Exception {
    assertThat(only(sharedCase("nan_in_json/nan.json")).image()).contains("a.jpg");
    for (String value : List.of("NaN", "Infinity", "-Infinity", "[1,NaN]", "{\"a\":NaN}")) {
      assertThat(only(write(withKeys("\"score\":" + value + ",\"video\":NaN"))).id())
          .isEqualTo("7");
    }
  }

  @Test
  void nanInAFieldThatIsReadIsNamed() throws IOException {
    assertRefused(write(withKeys("\"image\":NaN")), "image is", "NaN", "not a path");
    assertRefused(
        write(withKeys("\"x\":1").replace("\"Red.\"", "NaN")), "turn 2", "its value is", "NaN");
    Path file = write(withKeys("\"x\":1").replace("\"7\"", "NaN"));
    assertThat(only(file).id()).as("a sample without id is known by its number").isEqualTo("0");
  }

  @Test
  void marksAndLineEndsOfWindowsAreRead() throws IOException {
    String line = withKeys("\"image\":\"a.jpg\"");
    String row = line.substring(1, line.length() - 1);
    Path file = write("\ufeff" + row + "\r\n" + row.replace("\"7\"", "\"8\"") + "\r\n\r\n");
    try (SampleFile samples = SampleFile.open(file)) {
      assertThat(samples.size()).isEqualTo(2);
      assertThat(samples.get(1).id()).isEqualTo("8");
    }
  }

  @Test
  void otherEncodingsAreNamed() throws IOException {
    String text = withKeys("\"image\":\"a.jpg\"");
    assertRefused(write(text, StandardCharsets.UTF_16), "UTF-8", "iconv");
    assertRefused(write(text, StandardCharsets.UTF_16LE), "UTF-8", "iconv");
  }

  @Test
  void filesThatAreCutShortAreNamed() throws IOException {
    String text = withKeys("\"image\":\"a.jpg\"");
    assertRefused(write(text.substring(0, text.length() - 1)), "ends before the end of its list");
    assertRefused(write(text.substring(0, text.length() - 9)), "ends in the middle of a value");
    assertRefused(write(text.substring(1, 40)), "ends in the middle of a value");
  }

  @Test
  void otherMistakesOfJsonAreNamedPlainly() throws IOException {
    assertRefused(write("[{'id': 1}]"), "is not valid JSON");
    assertRefused(write("[{\"id\": None}]"), "None");
    assertRefused(write("[{\"id\": \"a\tb\"}]"), "is not valid JSON");
    assertRefused(write("[" + "[".repeat(3000)), "");
    assertRefused(write("[{\"x\":" + "[".repeat(3000)), "is not valid JSON");
    assertRefused(write("[{\"x\":" + "9".repeat(3000) + "}]"), "is not valid JSON");
  }
}
