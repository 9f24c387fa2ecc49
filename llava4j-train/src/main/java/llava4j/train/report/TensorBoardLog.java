package llava4j.train.report;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.zip.CRC32C;
import llava4j.error.BadInputException;
import llava4j.train.RunPlan;
import llava4j.train.StepReport;
import llava4j.train.TrainingListener;

/// Writes event files for TensorBoard: records in TFRecord framing, each a protobuf `Event`.
public final class TensorBoardLog implements TrainingListener {
  private static final int CRC_MASK = 0xa282ead8;

  private final Path folder;
  private final InstantSource clock;
  private Path file;

  public TensorBoardLog(Path out, InstantSource clock) {
    this.folder = out.resolve("tensorboard");
    this.clock = clock;
  }

  /// Writes the fields of a message.
  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  @Override
  public void onStart(RunPlan plan) {
    file = folder.resolve("events.out.tfevents." + clock.instant().getEpochSecond() + ".llava4j");
    append(event -> {
      event.writeDouble(1, seconds());
      event.writeString(3, "brain.Event:2");
    });
  }

  @Override
  public void onStep(StepReport report) {
    byte[] summary =
        message(out -> {
          value(out, "train/loss", report.loss());
          value(out, "train/grad_norm", report.gradNorm());
          value(out, "train/learning_rate", report.learningRate());
          value(out, "train/projector_learning_rate", report.projectorLearningRate());
          value(out, "train/samples_per_second", report.samplesPerSecond());
          value(out, "train/tokens_per_second", report.tokensPerSecond());
        });
    append(event -> {
      event.writeDouble(1, seconds());
      event.writeInt64(2, report.step());
      event.writeByteArray(5, summary);
    });
  }

  private static void value(CodedOutputStream out, String tag, double number) throws IOException {
    out.writeByteArray(
        1,
        message(value -> {
          value.writeString(1, tag);
          value.writeFloat(2, (float) number);
        }));
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      fields.writeTo(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void append(Fields fields) {
    byte[] data = message(fields);
    ByteBuffer record = ByteBuffer.allocate(16 + data.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), 8));
    record.put(data);
    record.putInt(maskedCrc(data, data.length));
    try {
      Files.createDirectories(folder);
      Files.write(file, record.array(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be written: " + e.getMessage(), e);
    }
  }

  private double seconds() {
    return clock.instant().toEpochMilli() / 1000.0;
  }

  private static int maskedCrc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    int value = (int) crc.getValue();
    return Integer.rotateRight(value, 15) + CRC_MASK;
  }
}
