package llava4j.eval.task;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads a benchmark's files. If a file is missing, the message says where to get it.
///
/// @param site the site that publishes the files
record TaskFiles(String site) {

  /// One JSON value per line; blank lines are skipped.
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
            file
                + ", line "
                + number
                + ": not JSON ("
                + e.getOriginalMessage()
                + "); download it again",
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
          file + " is not JSON: " + e.getOriginalMessage() + "; download it again", e);
    }
  }

  String text(Path file) {
    require(file);
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new BadInputException(file + " is not UTF-8 text; download it again from " + site, e);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The files of a folder, sorted by name.
  List<Path> inside(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  void require(Path file) {
    firstOf(file);
  }

  /// The first of some files that exists, because questions are published in several forms.
  Path firstOf(Path... files) {
    for (Path file : files) {
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    throw new BadInputException(
        files[0]
            + " is missing"
            + Arrays.stream(files, 1, files.length)
                .map(file -> ", and so is " + file.getFileName())
                .collect(Collectors.joining())
            + "; it comes from "
            + site
            + parquetBeside(files[0]));
  }

  /// How to convert a table in another format that none of the original programs reads; empty if
  /// there is no such table.
  private static String parquetBeside(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      return "";
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(beside -> beside.toString().endsWith(".parquet"))
          .sorted()
          .findFirst()
          .map(table ->
              ", or convert "
                  + table.getFileName()
                  + ", which must have the same columns: python -c \"import pandas as p;"
                  + " p.read_parquet('"
                  + table
                  + "')."
                  + (file.toString().endsWith(".tsv")
                      ? "to_csv('" + file + "', sep='\\t', index=False)\""
                      : "to_json('" + file + "', orient='records', lines=True)\""))
          .orElse("");
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// Whether a file is from LLaVA's evaluation archive, and not from the benchmark's own site.
  static boolean isLlavas(Path questions) {
    return questions.toString().endsWith(".jsonl");
  }

  /// Fails if there are no questions.
  List<Question> some(List<Question> questions, Path file) {
    if (questions.isEmpty()) {
      throw new BadInputException(file + " contains no questions; download it again from " + site);
    }
    return questions;
  }

  /// A required field, as text.
  static String field(JsonNode node, String name, Path file, int row) {
    return field(node, name, file, "row " + (row + 1));
  }

  /// @param where the position of the node in the file
  static String field(JsonNode node, String name, Path file, String where) {
    JsonNode value = node.path(name);
    if (value.isMissingNode() || value.isNull() || value.isContainer()) {
      throw new BadInputException(
          file + ", " + where + ": no '" + name + "'; download the file again");
    }
    return value.asString();
  }

  /// An id that must be a whole number.
  static long whole(String id, Path file, int row) {
    try {
      return Long.parseLong(id);
    } catch (NumberFormatException e) {
      throw new BadInputException(
          file
              + ", row "
              + (row + 1)
              + ": '"
              + id
              + "' is not a whole number; download the file again",
          e);
    }
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
    return some(questions, file);
  }
}
