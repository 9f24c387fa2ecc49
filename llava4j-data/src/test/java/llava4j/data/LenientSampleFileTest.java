package llava4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.data.SampleFault.Kind;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Reading continues after broken samples.
class LenientSampleFileTest {
  private static final String TURNS =
      "\"conversations\":[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":\"a\"}]";

  @TempDir Path folder;
  private final List<SampleFault> faults = new ArrayList<>();

  @Test
  void aSoundFileIsReadAsEver() throws IOException {
    String text = "[" + sample("a") + ",\n" + sample("b") + "]\n";
    assertThat(ids(text)).containsExactly("a", "b");
    assertThat(faults).isEmpty();
    try (SampleFile lenient = open(text);
        SampleFile strict = SampleFile.open(folder.resolve("samples.json"))) {
      assertThat(lenient.fingerprint()).isEqualTo(strict.fingerprint());
      assertThat(lenient.modalityLengths()).isEqualTo(strict.modalityLengths());
      assertThat(lenient.number(1)).isEqualTo(1);
      assertThat(new String(lenient.bytes(1), StandardCharsets.UTF_8)).isEqualTo(sample("b"));
    }
  }

  @Test
  void everyBrokenSampleIsToldAndTheOthersAreRead() throws IOException {
    String text =
        "["
            + String.join(
                ",",
                sample("a"),
                "17",
                "[" + sample("inner") + "]",
                "{\"id\":\"nothing\"}",
                "{\"id\":\"pair\",\"image\":[\"x\",\"y\"],\"conversations\":[{\"from\":3}]}",
                "{" + TURNS + "}",
                sample("b"))
            + "]";
    assertThat(ids(text)).containsExactly("a", "5", "b");
    assertThat(faults)
        .extracting(SampleFault::number, SampleFault::id, SampleFault::kind)
        .containsExactly(
            tuple(1, "1", Kind.NO_OBJECT),
            tuple(2, "2", Kind.NO_OBJECT),
            tuple(3, "nothing", Kind.CONVERSATIONS),
            tuple(4, "pair", Kind.SEVERAL_IMAGES),
            tuple(4, "pair", Kind.TURN),
            tuple(5, "5", Kind.ID));
    try (SampleFile file = open(text)) {
      assertThat(IntStream.range(0, 3).map(file::number)).containsExactly(0, 5, 6);
      assertThat(file.fingerprint()).hasSize(64);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"x\",\"conversations\":[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\" \"value\":1}]}",
        "{\"id\":\"x\",\"conversations\":[{\"from\":\"human\",\"value\":\"bad \\x escape\"}]}",
        "{\"id\":\"x\",\"conversations\":[{\"from\":\"human\",\"value\":None}]}",
        "{\"id\":\"x\", conversations:[]}",
        "{\"id\":\"x\",\"note\":{\"k\":[}]},\"conversations\":[]}",
        "{\"id\":\"x\",\"conversations\":[{\"from\":\"gpt\",\"value\":\"never closed}]}"
      })
  void readingGoesOnBehindWhatIsNoJson(String broken) throws IOException {
    List<String> all = List.of(sample("a"), broken, sample("b"), sample("c"));
    assertThat(ids("[\n" + String.join(",\n", all) + "\n]\n")).containsExactly("a", "b", "c");
    assertThat(faults).hasSize(1);
    assertThat(faults.getFirst().number()).isEqualTo(1);
    assertThat(faults.getFirst().id()).isEqualTo("x");
    assertThat(faults.getFirst().at()).isEqualTo(4L + sample("a").length());
    faults.clear();
    assertThat(ids(String.join("\n", all) + "\n")).containsExactly("a", "b", "c");
    assertThat(faults).hasSize(1);
    assertThat(faults.getFirst().kind()).isEqualTo(Kind.JSON);
    assertThat(faults.getFirst().what()).contains("byte");
  }

  @Test
  void brokenSamplesInARowAreToldEach() throws IOException {
    String broken = "{\"id\":\"x\",\"conversations\":[{]}";
    String other = "{\"image\":\"y\" \"conversations\":[]}";
    String all = String.join(",\n", sample("a"), broken, other, "{\"id\":7,}", sample("b"));
    assertThat(ids("[" + all + "]")).containsExactly("a", "b");
    assertThat(faults).extracting(SampleFault::number).containsExactly(1, 2, 3);
    assertThat(faults).extracting(SampleFault::id).containsExactly("x", "2", "7");
  }

  @Test
  void aFileThatEndsEarlyGivesWhatItHas() throws IOException {
    String whole = "[" + sample("a") + "," + sample("b");
    assertThat(ids(whole)).containsExactly("a", "b");
    assertThat(faults).extracting(SampleFault::number).containsExactly(SampleFault.BETWEEN);
    faults.clear();
    assertThat(ids(whole.substring(0, whole.length() - 10))).containsExactly("a");
    assertThat(faults).extracting(SampleFault::number).containsExactly(1);
    assertThat(faults).extracting(SampleFault::id).containsExactly("b");
  }

  @Test
  void commasThatAreTooManyOrMissingCostNoSample() throws IOException {
    assertThat(ids("[" + sample("a") + ",," + sample("b") + ",]")).containsExactly("a", "b");
    assertThat(faults).hasSize(2);
    faults.clear();
    assertThat(ids("[" + sample("a") + " " + sample("b") + "]")).containsExactly("a", "b");
    assertThat(faults).hasSize(1);
    faults.clear();
    assertThat(ids(sample("a") + ",\n" + sample("b") + ",\n" + sample("c")))
        .containsExactly("a", "b", "c");
    assertThat(faults).hasSize(2);
    assertThat(faults.getFirst().id()).isEqualTo("after sample 0");
  }

  @Test
  void whatStandsBehindTheListIsRead() throws IOException {
    assertThat(ids("[" + sample("a") + "]\n[" + sample("b") + "," + sample("c") + "]"))
        .containsExactly("a", "b", "c");
    assertThat(faults).hasSize(1);
    faults.clear();
    assertThat(ids("[" + sample("a") + "] garbage")).containsExactly("a");
    assertThat(faults).hasSize(1);
  }

  @Test
  void bytesThatAreNoUtf8BreakTheirSampleAlone() throws IOException {
    Path path = folder.resolve("samples.json");
    Files.write(
        path,
        (sample("a") + "\n" + sample("x").replace(":\"q", ":\"é?q") + "\n" + sample("b"))
            .getBytes(StandardCharsets.ISO_8859_1));
    try (SampleFile file = SampleFile.openLeniently(path, (_, _) -> {}, faults::add)) {
      assertThat(file.get(0).id()).isEqualTo("a");
      assertThat(file.get(1).id()).isEqualTo("b");
    }
    assertThat(faults).extracting(SampleFault::id).containsExactly("x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "id,image\n1,2\n", "\u0089PNG\r\n"})
  void aFileOfAnotherKindIsRefused(String text) {
    assertThatThrownBy(() -> open(text).close()).isInstanceOf(BadInputException.class);
  }

  @Test
  void noSampleNeedBeSound() throws IOException {
    assertThat(ids("[{\"id\":1}]")).isEmpty();
    assertThat(faults).hasSize(1);
  }

  @Test
  void anInterruptEndsTheReading() throws IOException {
    String text = sample("a").repeat(20_000);
    Path path = Files.writeString(folder.resolve("samples.json"), text);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> SampleFile.openLeniently(path, (_, _) -> {}, faults::add))
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  private List<String> ids(String text) throws IOException {
    try (SampleFile file = open(text)) {
      List<String> ids = IntStream.range(0, file.size()).mapToObj(i -> file.get(i).id()).toList();
      return ids;
    }
  }

  private SampleFile open(String text) throws IOException {
    Path path = Files.writeString(folder.resolve("samples.json"), text);
    faults.clear();
    return SampleFile.openLeniently(path, (_, _) -> {}, faults::add);
  }

  private static String sample(String id) {
    return "{\"id\":\"" + id + "\"," + TURNS + "}";
  }
}
