package llava4j.cli.option;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import llava4j.constraint.Constraint;
import llava4j.error.BadInputException;
import llava4j.generate.CheckedConstraint;
import picocli.CommandLine.Option;

/// The form that answers have for certain. At most one of these options may be used.
final class AnswerForm {
  @Option(
      names = "--schema",
      paramLabel = "FILE",
      description = "Answer in JSON that fulfils this JSON Schema (draft 2020-12).")
  private Path schema;

  @Option(names = "--json", description = "Answer with a JSON object.")
  private boolean json;

  @Option(
      names = "--regex",
      paramLabel = "EXPRESSION",
      description =
          "Answer with a text that matches this regular expression from beginning to end.")
  private String regex;

  @Option(
      names = "--choice",
      paramLabel = "TEXT",
      description = "Answer with one of these texts; repeat the option for each.")
  private List<String> choices;

  @Option(
      names = "--grammar",
      paramLabel = "FILE",
      description = "Answer with a text of this grammar, in llama.cpp's notation (GBNF).")
  private Path grammar;

  /// @throws BadInputException if a file cannot be read, or does not describe a form
  Constraint constraint() {
    if (schema != null) {
      return CheckedConstraint.of(
          "--schema " + schema, () -> Constraint.jsonSchema(read("--schema", schema)));
    }
    if (regex != null) {
      return CheckedConstraint.of("--regex", () -> Constraint.regex(regex));
    }
    if (choices != null) {
      return CheckedConstraint.of("--choice", () -> Constraint.choice(choices));
    }
    if (grammar != null) {
      return CheckedConstraint.of(
          "--grammar " + grammar, () -> Constraint.grammar(read("--grammar", grammar)));
    }
    if (json) {
      return CheckedConstraint.of("--json", Constraint::jsonObject);
    }
    throw new IllegalStateException("none of the options was given");
  }

  private static String read(String option, Path file) {
    if (file.toString().startsWith("{")) {
      throw new BadInputException(
          option + " takes the name of a file; write '" + file + "' into one and name it");
    }
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new BadInputException(option + ": there is no file " + file, e);
    } catch (MalformedInputException e) {
      throw new BadInputException(option + ": " + file + " is not UTF-8; convert it", e);
    } catch (IOException e) {
      throw new BadInputException(option + ": " + file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
