package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.error.BadInputException;
import llava4j.eval.metric.YesNoCounts;
import tools.jackson.databind.JsonNode;

/// The held-out questions of the small mixture (`llava data build tiny`): things, drawings, words
/// and handwritings that are not in the training data. Next to each score is the score of always
/// giving the most frequent answer.
public final class HeldOutTask implements Task {
  private static final TaskFiles FILES = new TaskFiles("'llava data build tiny'");
  private static final int MAX_NEW_TOKENS = 48;

  private final List<Question> questions;
  private final Map<String, Truth> truths = new HashMap<>();

  /// @param row of the table
  private record Truth(String row, HeldOutKind kind, String answer) {}

  /// @param file `heldout.jsonl`; the images are in the same folder
  public HeldOutTask(Path file) {
    List<Question> read = new ArrayList<>();
    for (JsonNode line : FILES.lines(file)) {
      int number = read.size();
      String id = TaskFiles.field(line, "question_id", file, number);
      String split = TaskFiles.field(line, "split", file, number);
      String task = TaskFiles.field(line, "task", file, number);
      String image = TaskFiles.field(line, "image", file, number);
      read.add(
          new Question(
              number,
              id,
              List.of(new QuestionImage.InFile(file.resolveSibling(image))),
              TaskFiles.field(line, "text", file, number),
              task + ", " + split));
      String answer = line.path("answers").path(0).asString("");
      if (truths.put(id, new Truth(task + ", " + split, HeldOutKind.of(task, file), answer))
          != null) {
        throw new BadInputException(file + " has two questions " + id + "; build it again");
      }
    }
    if (read.isEmpty()) {
      throw new BadInputException(file + " contains no questions; build it again");
    }
    this.questions = List.copyOf(read);
  }

  /// With the name that the mixture's builder gives it.
  public static HeldOutTask in(Path folder) {
    return new HeldOutTask(folder.resolve("heldout.jsonl"));
  }

  @Override
  public TaskName name() {
    return TaskName.HELD_OUT;
  }

  @Override
  public List<Question> questions() {
    return questions;
  }

  @Override
  public int maxNewTokens() {
    return MAX_NEW_TOKENS;
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    SequencedMap<String, List<Double>> byRow = new LinkedHashMap<>();
    SequencedMap<String, Map<String, Integer>> truthsOfRow = new LinkedHashMap<>();
    SequencedMap<String, List<Double>> words = new LinkedHashMap<>();
    List<Double> points = new ArrayList<>();
    List<Double> kept = new ArrayList<>();
    YesNoCounts yesNo = YesNoCounts.none();
    for (Answer answer : answers) {
      Truth truth = truths.get(answer.id());
      double point = truth.kind().isRight(answer.text(), truth.answer()) ? 1 : 0;
      points.add(point);
      kept.add(truth.kind().keepsFormat(answer.text()) ? 1.0 : 0.0);
      byRow.computeIfAbsent(truth.row(), _ -> new ArrayList<>()).add(point);
      words
          .computeIfAbsent(truth.row(), _ -> new ArrayList<>())
          .add((double) answer.text().strip().split("\\s+", -1).length);
      truthsOfRow
          .computeIfAbsent(truth.row(), _ -> new HashMap<>())
          .merge(truth.answer(), 1, Integer::sum);
      if (truth.kind() == HeldOutKind.YES_NO) {
        yesNo =
            yesNo.plus(
                YesNoCounts.isYes(answer.text()),
                YesNoCounts.isYesLabel(truth.answer().toLowerCase(Locale.ROOT)));
      }
    }
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    byRow.forEach((row, ofRow) -> {
      figures.put(row, 100 * mean(ofRow));
      figures.put(row + ": commonest answer", 100 * commonest(truthsOfRow.get(row)));
    });
    figures.put("yes/no F1", 100 * yesNo.f1());
    figures.put("yes ratio", 100 * yesNo.yesRatio());
    figures.put("format kept", 100 * mean(kept));
    words.forEach((row, ofRow) -> figures.put(row + ": words an answer", mean(ofRow)));
    return Optional.of(new Score("right answers", 100 * mean(points), figures, points));
  }

  @Override
  public List<String> rightAnswers() {
    return questions.stream().map(question -> truths.get(question.id()).answer()).toList();
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }

  private static double commonest(Map<String, Integer> counts) {
    double all = counts.values().stream().mapToInt(Integer::intValue).sum();
    return counts.values().stream().mapToInt(Integer::intValue).max().orElse(0) / all;
  }
}
