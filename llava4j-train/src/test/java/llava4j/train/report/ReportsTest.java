package llava4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;
import llava4j.train.RunPlan;
import llava4j.train.StepReport;
import llava4j.train.TrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ReportsTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-23T10:00:00Z"));

  @TempDir Path out;

  @Test
  void logGoesOnBehindTheStepItResumesFrom() throws IOException {
    JsonlLog first = new JsonlLog(out, CLOCK);
    first.onStart(plan(0));
    for (int step = 1; step <= 5; step++) {
      first.onStep(report(step, 9 - step));
    }
    Path file = out.resolve(JsonlLog.FILE);
    Files.writeString(file, "{\"step\":6,\"lo", StandardOpenOption.APPEND); // killed within a line
    JsonlLog second = new JsonlLog(out, CLOCK);
    second.onStart(plan(3));
    second.onStep(report(4, 1.5));
    List<JsonNode> lines = JsonlLog.read(file);
    assertThat(lines).extracting(line -> line.path("step").asInt()).containsExactly(1, 2, 3, 4);
    assertThat(lines.getLast().path("loss").asDouble()).isEqualTo(1.5);
    assertThat(lines.getLast().path("samples_per_s").asDouble()).isEqualTo(32);
    assertThat(lines.getLast().path("mfu").asDouble()).isCloseTo(0.4, within(1e-9));
  }

  @Test
  void tensorBoardFilesHaveEverySumAndEveryNumber() throws IOException {
    TensorBoardLog log = new TensorBoardLog(out, CLOCK);
    log.onStart(plan(0));
    log.onStep(report(1, 8.25));
    log.onStep(report(2, 7.5));
    List<byte[]> records = records(Files.readAllBytes(onlyFile(out.resolve("tensorboard"))));
    assertThat(records).hasSize(3);
    assertThat(new String(records.getFirst(), StandardCharsets.UTF_8)).contains("brain.Event:2");
    assertThat(values(records.get(2)))
        .containsEntry("step", 2.0)
        .containsEntry("train/loss", 7.5)
        .containsEntry("train/samples_per_second", 32.0)
        .containsKeys("train/grad_norm", "train/learning_rate");
  }

  @Test
  void curveIsAPictureAndAPageThatNeedsNoOther() throws IOException {
    JsonlLog log = new JsonlLog(out, CLOCK);
    LossCurve curve = new LossCurve(out);
    for (TrainingListener listener : List.of(log, curve)) {
      listener.onStart(plan(0));
      for (int step = 1; step <= 40; step++) {
        listener.onStep(report(step, 8.0 / step));
      }
      listener.onEnd(true);
    }
    BufferedImage image = ImageIO.read(out.resolve("loss.png").toFile());
    Set<Integer> colours = new HashSet<>();
    for (int x = 0; x < image.getWidth(); x += 3) {
      for (int y = 0; y < image.getHeight(); y += 3) {
        colours.add(image.getRGB(x, y));
      }
    }
    assertThat(colours).hasSizeGreaterThan(5);
    String page = Files.readString(out.resolve("loss.html"));
    assertThat(page).contains("data:image/png;base64,").doesNotContain("http:", "src=\"/");
  }

  @Test
  void lineSaysHowFarAndHowLong() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ProgressLine line =
        new ProgressLine(new PrintStream(bytes, true, StandardCharsets.UTF_8), true, CLOCK);
    line.onStart(plan(0));
    line.onStep(report(25, 2.125));
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertThat(text)
        .contains("step 25/100 (25.0 %)")
        .contains("loss 2.1250")
        .contains("32.0 samples/s")
        .contains("2.0k tokens/s")
        .contains("MFU 40 %")
        .contains("ETA 0:00:38");
  }

  private static RunPlan plan(long firstStep) {
    return new RunPlan("test", Path.of("out"), firstStep, 100, 16, 1000, 1e9);
  }

  private static StepReport report(long step, double loss) {
    return new StepReport(step, 100, loss, 1.5, 1e-4, 1e-4, 16, 1000, 300, 0.5, 2e8, 1 << 20);
  }

  private static Path onlyFile(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }

  /// TFRecord: length, its masked CRC-32C, data, its masked CRC-32C.
  private static List<byte[]> records(byte[] file) {
    List<byte[]> records = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      int start = in.position();
      int length = Math.toIntExact(in.getLong());
      assertThat(in.getInt()).isEqualTo(masked(file, start, 8));
      byte[] data = new byte[length];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(masked(data, 0, length));
      records.add(data);
    }
    return records;
  }

  private static int masked(byte[] bytes, int start, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, start, length);
    long value = sum.getValue();
    return (int) (((value >>> 15 | value << 17) & 0xFFFFFFFFL) + 0xa282ead8L);
  }

  private static Map<String, Double> values(byte[] event) throws IOException {
    Map<String, Double> values = new LinkedHashMap<>();
    CodedInputStream in = CodedInputStream.newInstance(event);
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 2 -> values.put("step", (double) in.readInt64());
        case 5 -> {
          CodedInputStream summary = in.readBytes().newCodedInput();
          while (summary.readTag() != 0) {
            CodedInputStream value = summary.readBytes().newCodedInput();
            value.readTag();
            String name = value.readString();
            value.readTag();
            values.put(name, (double) value.readFloat());
          }
        }
        default -> in.skipField(tag);
      }
    }
    return values;
  }
}
