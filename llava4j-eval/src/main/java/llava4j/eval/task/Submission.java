package llava4j.eval.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// Writes files for a benchmark's server.
final class Submission {
  private Submission() {}

  static Path json(Path file, JsonNode value) {
    return text(file, value.toString());
  }

  static Path lines(Path file, List<? extends JsonNode> values) {
    return text(file, values.stream().map(value -> value + "\n").collect(Collectors.joining()));
  }

  static Path text(Path file, String text) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
