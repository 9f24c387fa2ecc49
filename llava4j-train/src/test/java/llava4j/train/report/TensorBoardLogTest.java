package llava4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Reads event files back with an independent reader, written after TensorFlow's record format and
/// `event.proto`.
class TensorBoardLogTest {
  private static final Instant NOW = Instant.ofEpochMilli(1_741_064_767_250L);

  @TempDir Path out;

  /// One `Event`.
  private record Event(double wallTime, long step, String version, Map<String, Float> values) {}

  @Test
  void theCheckOfTheTestKnowsTheStandardsExample() {
    assertThat(crc32c("123456789".getBytes(StandardCharsets.US_ASCII))).isEqualTo(0xE3069283);
  }

  @Test
  void theFirstEventIsTheVersion() throws IOException {
    write(0, 0);
    assertThat(events(file()))
        .containsExactly(new Event(1_741_064_767.25, 0, "brain.Event:2", Map.of()));
  }

  @Test
  void everyStepHasItsValues() throws IOException {
    write(0, 3);
    List<Event> events = events(file());
    assertThat(events).hasSize(4);
    for (int step = 1; step <= 3; step++) {
      Event event = events.get(step);
      assertThat(event.step()).isEqualTo(step);
      assertThat(event.wallTime()).isEqualTo(1_741_064_767.25, within(0.0));
      assertThat(event.version()).isEmpty();
      assertThat(event.values())
          .containsExactly(
              entry("train/loss", (float) (8.0 / step)),
              entry("train/grad_norm", (float) (0.25 * step)),
              entry("train/learning_rate", (float) (1e-4 * step)),
              entry("train/projector_learning_rate", (float) (1e-5 * step)),
              entry("train/samples_per_second", 8f),
              entry("train/tokens_per_second", 2000f));
    }
  }

  @Test
  void stepsBeyondOneByteAndLossesThatAreNoNumbersAreKept() throws IOException {
    TensorBoardLog log = new TensorBoardLog(out, InstantSource.fixed(NOW));
    log.onStart(StepReports.plan(out, 0, 1_000_000));
    log.onStep(StepReports.report(300_000, 1_000_000, Double.NaN, 2));
    Event event = events(file()).getLast();
    assertThat(event.step()).isEqualTo(300_000);
    assertThat(event.values().get("train/loss")).isNaN();
  }

  @Test
  void aBitThatFlipsIsSeenByTheCheck() throws IOException {
    write(0, 1);
    byte[] bytes = Files.readAllBytes(file());
    for (int at = 0; at < bytes.length; at++) {
      byte[] broken = bytes.clone();
      broken[at] ^= 1;
      assertThatThrownBy(() -> parse(broken)).as("byte " + at).isInstanceOf(Throwable.class);
    }
  }

  @Test
  void aRunThatGoesOnLeavesTheOlderFileAlone() throws IOException {
    write(0, 3);
    byte[] older = Files.readAllBytes(file());
    TensorBoardLog log = new TensorBoardLog(out, InstantSource.fixed(NOW.plusSeconds(60)));
    log.onStart(StepReports.plan(out, 2, 9));
    log.onStep(StepReports.report(3, 9));
    List<Path> files = files();
    assertThat(files).hasSize(2);
    assertThat(Files.readAllBytes(files.getFirst())).isEqualTo(older);
    assertThat(events(files.getLast())).extracting(Event::step).containsExactly(0L, 3L);
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    Files.writeString(out.resolve("tensorboard"), "a file");
    assertThatThrownBy(() -> write(0, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(out.resolve("tensorboard").toString(), "cannot be written");
  }

  private void write(long firstStep, int steps) {
    TensorBoardLog log = new TensorBoardLog(out, InstantSource.fixed(NOW));
    log.onStart(StepReports.plan(out, firstStep, 9));
    for (int step = 1; step <= steps; step++) {
      log.onStep(StepReports.report(step, 9));
    }
    log.onEnd(true);
  }

  private Path file() throws IOException {
    assertThat(files()).hasSize(1);
    return files().getFirst();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(out.resolve("tensorboard"))) {
      List<Path> sorted = files.sorted().toList();
      assertThat(sorted)
          .allMatch(file ->
              file.getFileName().toString().matches("events\\.out\\.tfevents\\.\\d{10}\\..+"));
      return sorted;
    }
  }

  private static List<Event> events(Path file) throws IOException {
    return parse(Files.readAllBytes(file));
  }

  private static List<Event> parse(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (buffer.hasRemaining()) {
      byte[] lengthBytes = new byte[8];
      buffer.get(buffer.position(), lengthBytes);
      long length = buffer.getLong();
      assertThat(buffer.getInt()).as("check of the length").isEqualTo(masked(crc32c(lengthBytes)));
      byte[] data = new byte[Math.toIntExact(length)];
      buffer.get(data);
      assertThat(buffer.getInt()).as("check of the data").isEqualTo(masked(crc32c(data)));
      events.add(event(CodedInputStream.newInstance(data)));
    }
    return events;
  }

  private static Event event(CodedInputStream in) throws IOException {
    double wallTime = 0;
    long step = 0;
    String version = "";
    Map<String, Float> values = new LinkedHashMap<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> wallTime = in.readDouble();
        case 2 -> step = in.readInt64();
        case 3 -> version = in.readString();
        case 5 -> summary(in.readBytes().newCodedInput(), values);
        default -> throw new AssertionError("field " + tag);
      }
    }
    return new Event(wallTime, step, version, values);
  }

  private static void summary(CodedInputStream in, Map<String, Float> values) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      assertThat(WireFormat.getTagFieldNumber(tag)).isEqualTo(1);
      CodedInputStream value = in.readBytes().newCodedInput();
      assertThat(WireFormat.getTagFieldNumber(value.readTag())).isEqualTo(1);
      String name = value.readString();
      assertThat(WireFormat.getTagFieldNumber(value.readTag())).isEqualTo(2);
      assertThat(values.put(name, value.readFloat())).as(name + " twice").isNull();
      assertThat(value.isAtEnd()).isTrue();
    }
  }

  private static int masked(int crc) {
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  /// CRC-32C, computed bit by bit.
  private static int crc32c(byte[] bytes) {
    int crc = ~0;
    for (byte one : bytes) {
      crc ^= one & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F63B78);
      }
    }
    return ~crc;
  }
}
