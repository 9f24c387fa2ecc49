package llava4j.data.mixture.source;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.WhitespaceWords;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;
import llava4j.data.mixture.rule.ShortAnswers;
import tools.jackson.databind.JsonNode;

/// Reads VQA v2 and OK-VQA, which share a format: a file of questions and a file with ten human
/// answers for each. The answer is `multiple_choice_answer` if present (VQA's own choice of the
/// most frequent answer), else the most frequent `answer`.
public final class VqaReader implements SourceReader {
  private static final String SPLIT = "train2014";

  /// OK-VQA has 9009 questions. A file with more is from the first version of VQA, whose files have
  /// the same names.
  private static final int MOST_OF_OK_VQA = 20_000;

  /// Which of the two data sets.
  public enum Edition {
    VQA_V2,
    OK_VQA
  }

  private final Edition edition;
  private final NativeFile questions;
  private final NativeFile annotations;
  private final SeededChance chance;

  public VqaReader(
      Edition edition, NativeFile questions, NativeFile annotations, SeededChance chance) {
    this.edition = edition;
    this.questions = questions;
    this.annotations = annotations;
    this.chance = chance;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<Long, String> answers = new HashMap<>();
    annotations.sections(
        Map.of("annotations", row -> answers.put(row.integer("question_id"), answer(row))),
        (key, value) -> check(annotations, key, value));
    QuestionsByImage<Long> asked = new QuestionsByImage<>(chance, counts);
    questions.sections(
        Map.of(
            "questions",
            row -> {
              counts.row();
              if (edition == Edition.OK_VQA && counts.rows() > MOST_OF_OK_VQA) {
                throw questions.wrong(
                    "it has more than "
                        + MOST_OF_OK_VQA
                        + " questions, so it is VQA's file; OK-VQA has 9009");
              }
              String answer = answers.get(row.integer("question_id"));
              if (answer == null) {
                counts.add(Incident.NO_ANNOTATION);
              } else {
                asked.add(row.integer("image_id"), new Round(row.line("question"), answer));
              }
            }),
        (key, value) -> check(questions, key, value));
    if (asked.isEmpty()) {
      throw questions.wrong("none of its questions has an answer in " + annotations.path());
    }
    asked.forEach((image, turns) -> samples.accept(CocoImage.sample(image, turns)));
  }

  private static String answer(NativeRow row) {
    String answer =
        row.has("multiple_choice_answer")
            ? row.text("multiple_choice_answer")
            : ShortAnswers.mostFrequent(
                row.rows("answers").stream().map(one -> one.text("answer")).toList());
    return WhitespaceWords.oneLine(answer);
  }

  /// Checks the metadata of a file.
  private void check(NativeFile file, String key, JsonNode value) {
    switch (key) {
      case "data_subtype" -> {
        if (!value.asString("").equals(SPLIT)) {
          throw file.wrong("its data_subtype is " + value + ", not \"" + SPLIT + "\"");
        }
      }
      case "task_type" -> {
        if (!value.asString("").equals("Open-Ended")) {
          throw file.wrong("its task_type is " + value + ", not \"Open-Ended\"");
        }
      }
      case "info" -> {
        String version = value.path("version").asString("");
        if (edition == Edition.VQA_V2 && version.startsWith("1")) {
          throw file.wrong("it is version " + version + " of VQA, not 2.0");
        }
      }
      default -> {
        // licences and the like
      }
    }
  }
}
