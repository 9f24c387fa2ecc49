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

/// VQA v2 and OK-VQA, which share a format: a file of questions, a file of ten human answers each.
/// The answer is `multiple_choice_answer` where the annotations have it (VQA's own choice of the
/// most frequent), else the most frequent `answer`.
public final class VqaReader implements SourceReader {
  private static final String SPLIT = "train2014";

  /// OK-VQA has 9009; more are those of VQA, whose first version has the same file names.
  private static final int MOST_OF_OK_VQA = 20_000;

  /// Which of the two.
  public enum Edition {
    VQA_V2,
    OK_VQA
  }

  private final Edition edition;
  private final NativeFile questions;
  private final NativeFile annotations;
  private final SeededChance draws;

  public VqaReader(
      Edition edition, NativeFile questions, NativeFile annotations, SeededChance draws) {
    this.edition = edition;
    this.questions = questions;
    this.annotations = annotations;
    this.draws = draws;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<Long, String> answers = new HashMap<>();
    annotations.sections(
        Map.of("annotations", row -> answers.put(row.integer("question_id"), answer(row))),
        (key, value) -> check(annotations, key, value));
    QuestionsByImage<Long> asked = new QuestionsByImage<>(draws, counts);
    questions.sections(
        Map.of(
            "questions",
            row -> {
              counts.row();
              if (edition == Edition.OK_VQA && counts.rows() > MOST_OF_OK_VQA) {
                throw questions.wrong(
                    "it has more than "
                        + MOST_OF_OK_VQA
                        + " questions, so it is VQA's, not OK-VQA's 9009");
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
      throw questions.wrong("none of its questions is answered in " + annotations.path());
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

  /// What the file says about itself.
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
