package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.text.Tokenizer;
import llava4j.train.batch.Batch;
import llava4j.train.batch.StepBatches;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Samples that cannot be used: named, counted, listed, skipped as far as the user allows.
class BadSamplesTest {
  private static final String GOOD =
      "{'id':'good','image':'plain.bmp','conversations':[{'from':'human','value':'<image>\\nWhat?'},"
          + "{'from':'gpt','value':'A thing.'}]}";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'image':'none.jpg',|<image>\\nWhat?|A thing.|none.jpg does not exist",
        "'image':'broken.jpg',|<image>\\nWhat?|A thing.|image cannot be read",
        "'image':'plain.bmp',|What?|A thing.|a picture but no <image>",
        "|<image>\\nWhat?|A thing.|<image> in its turns but no picture",
        "|What?|\"\"|empty",
        "|What?|\"   \"|empty"
      })
  void isNamedWithItsReason(String image, String question, String answer, String reason)
      throws IOException {
    String bad =
        "{'id':'bad-7',"
            + (image == null ? "" : image)
            + "'conversations':[{'from':'human','value':'"
            + question
            + "'},{'from':'gpt','value':'"
            + answer
            + "'}]}";
    assertThatThrownBy(() -> ids(List.of(bad, GOOD), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("bad-7")
        .hasMessageContaining(reason)
        .hasMessageContaining("maxBad");
  }

  @ParameterizedTest
  @ValueSource(strings = {"human;human;gpt", "gpt;human", "human", "human;gpt;gpt", "human;alien"})
  void conversationThatDoesNotAlternateIsNamed(String speakers) throws IOException {
    String turns =
        List.of(speakers.split(";", -1)).stream()
            .map(from -> "{'from':'" + from + "','value':'words'}")
            .collect(Collectors.joining(","));
    String bad = "{'id':'bad-8','conversations':[" + turns + "]}";
    assertThatThrownBy(() -> ids(List.of(bad, GOOD), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("bad-8");
  }

  @Test
  void sampleWhoseAnswerLiesBeyondTheLimitIsNamed() throws IOException {
    String bad =
        "{'id':'bad-9','conversations':[{'from':'human','value':'"
            + "many words ".repeat(300)
            + "'},{'from':'gpt','value':'late'}]}";
    assertThatThrownBy(() -> ids(List.of(bad, GOOD), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("bad-9")
        .hasMessageContaining("no supervised token within 256 rows");
  }

  @Test
  void asManyAsAllowedAreSkippedAndListed() throws IOException {
    String missing = GOOD.replace("good", "missing").replace("plain", "none");
    String empty = GOOD.replace("good", "empty").replace("A thing.", "");
    assertThat(ids(List.of(missing, GOOD, empty, GOOD), 2))
        .containsExactly("good", "good", "good", "good");
    List<String> listed = Files.readAllLines(folder.resolve("out/bad_samples_0.jsonl"));
    assertThat(listed).hasSize(2);
    assertThat(listed.getFirst()).contains("\"index\":0").contains("none.bmp does not exist");
    assertThat(listed.getLast()).contains("\"index\":2").contains("empty");
    assertThatThrownBy(() -> ids(List.of(missing, GOOD, empty, GOOD), 1))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("2 samples cannot be used, but maxBad allows 1")
        .hasMessageContaining("bad_samples_0.jsonl");
  }

  /// Ids of the first step's samples.
  private List<String> ids(List<String> samples, int maxBad) throws IOException {
    Path images = Files.createDirectories(folder.resolve("images"));
    Files.write(images.resolve("broken.jpg"), new byte[] {(byte) 0xff, (byte) 0xd8, 1, 2});
    Files.write(images.resolve("plain.bmp"), bitmap());
    Path data = folder.resolve("data.jsonl");
    Files.writeString(data, String.join("\n", samples).replace('\'', '"'));
    try (TinyRun run =
            new TinyRun(
                "tinyFinetune",
                "order=SEQUENTIAL",
                "maxLength=256",
                "globalBatch=" + samples.size(),
                "deviceBatch=" + samples.size(),
                "maxBad=" + maxBad);
        SampleFile file = SampleFile.open(data);
        Tokenizer tokenizer = run.base().tokenizer().get()) {
      TrainJob job =
          new TrainJob(
              run.config(),
              run.base(),
              data,
              images,
              folder.resolve("out"),
              run.job(folder).group(),
              run.job(folder).device(),
              Optional.empty(),
              false);
      try (StepBatches batches =
          new BatchesOfRun(job, file, BatchesOfRun.layout(job, file.size()), tokenizer).from(0)) {
        List<String> ids = new ArrayList<>();
        for (Batch batch : batches.next()) {
          batch.samples().forEach(item -> ids.add(item.id()));
        }
        return ids;
      }
    }
  }

  /// Two pixels.
  private static byte[] bitmap() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB), "bmp", bytes);
    return bytes.toByteArray();
  }
}
