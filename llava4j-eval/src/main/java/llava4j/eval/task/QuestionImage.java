package llava4j.eval.task;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import llava4j.error.BadInputException;

/// A question's image, which is read on demand.
public sealed interface QuestionImage {

  /// The bytes of the image file.
  byte[] read();

  /// The name in messages and reports.
  String name();

  /// An image in its own file.
  record InFile(Path path) implements QuestionImage {
    @Override
    public byte[] read() {
      try {
        return Files.readAllBytes(path);
      } catch (IOException e) {
        throw new BadInputException(
            "the image "
                + path
                + " cannot be read; download the benchmark's images into that folder",
            e);
      }
    }

    @Override
    public String name() {
      return path.toString();
    }
  }

  /// An image within the benchmark's table, in base64; read from the table each time.
  ///
  /// @param offset of its first byte, or of the quotation mark before it
  /// @param length in bytes
  record InTable(String name, Path table, long offset, int length) implements QuestionImage {
    @Override
    public byte[] read() {
      byte[] bytes = new byte[length];
      try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "r")) {
        file.seek(offset);
        int start = file.read() == '"' ? 1 : 0;
        file.seek(offset + start);
        file.readFully(bytes);
        return Base64.getDecoder().decode(bytes);
      } catch (IOException e) {
        throw new BadInputException(table + " cannot be read: " + e.getMessage(), e);
      } catch (IllegalArgumentException e) {
        throw new BadInputException(
            "the image of "
                + name
                + " is not base64: "
                + e.getMessage()
                + "; download the file again",
            e);
      }
    }
  }
}
