package llava4j.eval.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import llava4j.error.BadInputException;

/// A question's picture, not read yet.
public sealed interface QuestionImage {

  /// The bytes of its file.
  byte[] read();

  /// For messages and reports.
  String name();

  /// In a file of its own.
  record InFile(Path path) implements QuestionImage {
    @Override
    public byte[] read() {
      try {
        return Files.readAllBytes(path);
      } catch (IOException e) {
        throw new BadInputException(
            "the picture "
                + path
                + " cannot be read; get the benchmark's pictures and lay them there",
            e);
      }
    }

    @Override
    public String name() {
      return path.toString();
    }
  }

  /// Within the benchmark's table.
  record Inline(String name, String base64) implements QuestionImage {
    @Override
    public byte[] read() {
      try {
        return Base64.getDecoder().decode(base64);
      } catch (IllegalArgumentException e) {
        throw new BadInputException(
            "the picture of " + name + " is no base64: " + e.getMessage(), e);
      }
    }
  }
}
