package llava4j.spark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;
import llava4j.generate.TextListener;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import llava4j.io.Sha256;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;

/// Answers one row. Thread-safe.
final class RowAnswerer {
  /// An image is refused rather than made smaller where the heap is: the answer must not depend on
  /// which executor gives it.
  private static final DecodeOptions DECODING =
      new DecodeOptions(
          true,
          DecodeOptions.Grey16.SCALE,
          DecodeOptions.DEFAULT_MAX_PIXELS,
          DecodeOptions.WhenShort.REFUSE);

  private final LoadedModel model;
  private final AnswerSettings settings;
  private final Configuration hadoop;
  private final RowReader reader;

  RowAnswerer(LoadedModel model, AnswerSettings settings, Configuration hadoop, RowReader reader) {
    this.model = model;
    this.settings = settings;
    this.hadoop = hadoop;
    this.reader = reader;
  }

  /// An answer, or what is wrong with the row.
  ///
  /// @throws MemoryShortageException if this executor cannot answer it, but another one may
  RowAnswer answer(Row row, BooleanSupplier cancelled) {
    try {
      return answer(reader.read(row), cancelled);
    } catch (MemoryShortageException e) {
      throw new MemoryShortageException(ExecutorPlace.name() + ": " + e.getMessage(), e);
    } catch (BadInputException e) {
      return RowAnswer.failed(e.getMessage());
    }
  }

  private RowAnswer answer(RowQuestion question, BooleanSupplier cancelled) {
    MessageDigest content = Sha256.fresh();
    content.update(ByteBuffer.allocate(Long.BYTES).putLong(0, seed()));
    content.update(question.prompt().getBytes(StandardCharsets.UTF_8));
    List<RgbImage> images = new ArrayList<>();
    for (RowImage image : question.images()) {
      byte[] bytes = image.read(hadoop);
      content.update(Sha256.fresh().digest(bytes));
      images.add(ImageDecoder.decode(bytes, image.name(), DECODING).image());
    }
    ChatRequest request =
        new ChatRequest(
            List.of(new ChatMessage.User(question.prompt(), images)),
            Optional.ofNullable(settings.system()),
            settings.options(model.forms(), ByteBuffer.wrap(content.digest()).getLong()));
    return RowAnswer.of(model.llava().answer(request, TextListener.NONE, cancelled));
  }

  private long seed() {
    return settings.seed() == null ? 0 : settings.seed();
  }
}
