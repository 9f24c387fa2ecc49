package llava4j.eval.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads a benchmark's files, and says where a missing one comes from.
///
/// @param site where the benchmark's files are found
record TaskFiles(String site) {

  /// One JSON value a line; blank lines are left out.
  List<JsonNode> lines(Path file) {
    List<JsonNode> lines = new ArrayList<>();
    JsonMapper json = new JsonMapper();
    int number = 0;
    for (String line : text(file).split("\n", -1)) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      try {
        lines.add(json.readTree(line));
      } catch (JacksonException e) {
        throw new BadInputException(
            file + ", line " + number + ": no JSON (" + e.getOriginalMessage() + "); get it again",
            e);
      }
    }
    return lines;
  }

  /// One JSON value.
  JsonNode tree(Path file) {
    try {
      return new JsonMapper().readTree(text(file));
    } catch (JacksonException e) {
      throw new BadInputException(
          file + " is no JSON: " + e.getOriginalMessage() + "; get it again", e);
    }
  }

  String text(Path file) {
    require(file);
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  void require(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(file + " is missing; it comes from " + site);
    }
  }

  /// A field that must be there, as text.
  static String field(JsonNode node, String name, Path file, int row) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull() || value.isContainer()) {
      throw new BadInputException(
          file + ", row " + (row + 1) + ": no '" + name + "'; get the file again");
    }
    return value.asString();
  }

  /// Questions as LLaVA's evaluation archive has them: `question_id`, `image`, `text`, `category`.
  List<Question> llavaQuestions(Path file, Path images) {
    List<Question> questions = new ArrayList<>();
    for (JsonNode line : lines(file)) {
      int number = questions.size();
      questions.add(
          new Question(
              number,
              field(line, "question_id", file, number),
              line.path("question_id").isNumber(),
              List.of(new QuestionImage.InFile(images.resolve(field(line, "image", file, number)))),
              field(line, "text", file, number),
              line.path("category").asString("default")));
    }
    if (questions.isEmpty()) {
      throw new BadInputException(file + " holds no questions; get it again from " + site);
    }
    return questions;
  }
}
