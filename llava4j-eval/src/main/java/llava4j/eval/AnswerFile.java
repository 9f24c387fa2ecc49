package llava4j.eval;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import llava4j.error.BadInputException;
import llava4j.eval.task.Answer;
import llava4j.eval.task.CompleteLines;
import llava4j.io.AtomicFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A file of answers as LLaVA's runners write it: one JSON object per line, in the order in which
/// the answers came. `metadata` has the number of the question and the fingerprint of the weights.
/// If a run was killed, an incomplete last line is cut off.
public final class AnswerFile {
  private static final String NUMBER = "number";
  private static final String WEIGHTS = "weights";

  private final Path file;
  private final IntPredicate numericIds;
  private final RunSettings.Asked asked;
  private final JsonMapper json = new JsonMapper();

  /// @param numericIds whether ids are written as numbers, as the official scorers expect
  /// @param asked how the model is asked
  public AnswerFile(Path file, IntPredicate numericIds, RunSettings.Asked asked) {
    this.file = file;
    this.numericIds = numericIds;
    this.asked = asked;
  }

  public Path path() {
    return file;
  }

  /// The answers in the file, by number of the question. Removes an incomplete last line.
  public Map<Integer, Answer> open() {
    return parse(CompleteLines.read(file));
  }

  /// The answers that another program wrote.
  ///
  /// @param answers in the order of the file
  /// @param broken number of lines that are not JSON; the original converters skip them too
  public record Foreign(List<Answer> answers, int broken) {}

  /// Reads answers of LLaVA's own runners.
  public static Foreign readForeign(Path file) {
    JsonMapper json = new JsonMapper();
    List<Answer> answers = new ArrayList<>();
    int broken = 0;
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.isBlank()) {
          continue;
        }
        try {
          JsonNode node = json.readTree(line);
          answers.add(
              new Answer(
                  node.path("question_id").asString(""),
                  node.path("prompt").asString(""),
                  node.path("text").asString("")));
        } catch (JacksonException e) {
          broken++;
        }
      }
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
    return new Foreign(answers, broken);
  }

  private Map<Integer, Answer> parse(List<String> lines) {
    Map<Integer, Answer> answers = new LinkedHashMap<>();
    int row = 0;
    for (String line : lines) {
      row++;
      JsonNode node;
      try {
        node = json.readTree(line);
      } catch (JacksonException e) {
        throw new BadInputException(
            file
                + ", line "
                + row
                + " is not JSON; remove the line, and the question is asked again",
            e);
      }
      int number = node.path("metadata").path(NUMBER).asInt(-1);
      String id = node.path("question_id").asString("");
      if (number < 0 || id.isEmpty() || !node.path("text").isString()) {
        throw new BadInputException(
            file
                + ", line "
                + row
                + " has no question_id, no text or no metadata."
                + NUMBER
                + "; this program did not write it, remove the line");
      }
      String weights = node.path("metadata").path(WEIGHTS).asString("");
      if (!weights.equals(asked.weights())) {
        throw new BadInputException(
            file
                + ", line "
                + row
                + " is an answer of other weights ("
                + (weights.isEmpty() ? "unknown" : weights)
                + ", not "
                + asked.weights()
                + "); use another --out folder or remove the file");
      }
      Answer before =
          answers.put(
              number,
              new Answer(id, node.path("prompt").asString(""), node.path("text").asString()));
      if (before != null) {
        throw new BadInputException(
            file
                + ", line "
                + row
                + " answers question "
                + before.id()
                + " a second time; remove one of them");
      }
    }
    return answers;
  }

  /// Appends answers and forces them to the disk.
  public void append(Map<Integer, Answer> answers) {
    StringBuilder lines = new StringBuilder();
    answers.forEach((number, answer) -> lines.append(line(number, answer)).append('\n'));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.APPEND)) {
        ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(false);
      }
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be written: " + e.getMessage(), e);
    }
  }

  /// Replaces the file by all answers in the order of their numbers.
  public void rewrite(Map<Integer, Answer> answers) {
    List<Integer> numbers = new ArrayList<>(answers.keySet());
    numbers.sort(null);
    StringBuilder lines = new StringBuilder();
    numbers.forEach(number -> lines.append(line(number, answers.get(number))).append('\n'));
    AtomicFile.writeText(file, lines.toString());
  }

  private ObjectNode line(int number, Answer answer) {
    ObjectNode line = json.createObjectNode();
    if (numericIds.test(number)) {
      line.put("question_id", Long.parseLong(answer.id()));
    } else {
      line.put("question_id", answer.id());
    }
    line.put("prompt", answer.prompt());
    line.put("text", answer.text());
    line.put("answer_id", answer.id() + "-" + number);
    line.put("model_id", asked.model());
    line.putObject("metadata").put(NUMBER, number).put(WEIGHTS, asked.weights());
    return line;
  }
}
