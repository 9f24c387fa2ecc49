package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.eval.metric.YesNoCounts;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;

/// POPE: is a thing in the image? There are three ways of choosing the absent things (Li et al.
/// 2023; `model_vqa_loader`, `eval_pope.py`).
public final class PopeTask implements Task {
  private static final TaskFiles FILES =
      new TaskFiles("LLaVA's eval.zip and github.com/AoiDragon/POPE (output/coco)");
  private static final int MAX_NEW_TOKENS = 128;

  /// How the absent things were chosen.
  public enum Split {
    RANDOM,
    POPULAR,
    ADVERSARIAL;

    /// The number that LLaVA adds to the ids of the questions.
    long offset() {
      return switch (this) {
        case ADVERSARIAL -> 0;
        case RANDOM -> 10_000_000;
        case POPULAR -> 20_000_000;
      };
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final List<Question> questions;
  private final List<String> labels; // yes or no, by number of the question

  /// @param questions LLaVA's `llava_pope_test.jsonl`
  /// @param labels folder of `coco_pope_random.json` and the others
  /// @param images COCO's `val2014`
  public PopeTask(Path questions, Path labels, Path images) {
    this(FILES.llavaQuestions(questions, images), labels);
  }

  private PopeTask(List<Question> questions, Path labels) {
    this.questions = questions;
    for (Split split : Split.values()) {
      FILES.require(file(labels, split));
    }
    this.labels = labels(questions, labels);
  }

  /// The label of each question. Within a split, labels belong to questions by their order, as in
  /// the original; this checks that both have the same text and image.
  private static List<String> labels(List<Question> questions, Path folder) {
    Map<Split, List<Question>> asked = new EnumMap<>(Split.class);
    for (Question question : questions) {
      asked.computeIfAbsent(split(question.category()), _ -> new ArrayList<>()).add(question);
    }
    String[] labels = new String[questions.size()];
    for (Split split : Split.values()) {
      Path file = file(folder, split);
      List<Question> own = asked.getOrDefault(split, List.of());
      List<JsonNode> lines = FILES.lines(file);
      LabelCheck check = new LabelCheck(file);
      check.requireCount(split.word() + " questions", own.size(), lines.size());
      for (int row = 0; row < own.size(); row++) {
        JsonNode line = lines.get(row);
        check.requireSame(own.get(row), line, "text", "image", "row " + (row + 1));
        labels[own.get(row).number()] = TaskFiles.field(line, "label", file, row);
      }
    }
    return List.of(labels);
  }

  /// With the names that its files have in LLaVA's evaluation archive or at the site.
  public static PopeTask in(Path folder) {
    Path labels = folder.resolve("coco");
    Path images = folder.resolve("val2014");
    Path questions =
        FILES.firstOf(folder.resolve("llava_pope_test.jsonl"), file(labels, Split.ADVERSARIAL));
    return TaskFiles.isLlavas(questions)
        ? new PopeTask(questions, labels, images)
        : new PopeTask(siteQuestions(labels, images), labels);
  }

  /// The splits in one list, as in LLaVA's file, where the ids tell them apart.
  private static List<Question> siteQuestions(Path labels, Path images) {
    List<Question> questions = new ArrayList<>();
    for (Split split : List.of(Split.ADVERSARIAL, Split.RANDOM, Split.POPULAR)) {
      Path file = file(labels, split);
      int row = 0;
      for (JsonNode line : FILES.lines(file)) {
        String id = TaskFiles.field(line, "question_id", file, row);
        questions.add(
            Question.about(
                    images.resolve(TaskFiles.field(line, "image", file, row)),
                    questions.size(),
                    String.valueOf(split.offset() + TaskFiles.whole(id, file, row)),
                    true,
                    ResponseFormat.SHORT.applyTo(TaskFiles.field(line, "text", file, row)))
                .in(split.word()));
        row++;
      }
    }
    return FILES.some(questions, labels);
  }

  private static Path file(Path labels, Split split) {
    return labels.resolve("coco_pope_" + split.word() + ".json");
  }

  @Override
  public TaskName name() {
    return TaskName.POPE;
  }

  @Override
  public List<Question> questions() {
    return questions;
  }

  @Override
  public int maxNewTokens() {
    return MAX_NEW_TOKENS;
  }

  /// Counts per split.
  ///
  /// @param points receives 1 or 0 for each answer, in the order of the answers
  public Map<Split, YesNoCounts> counts(List<Answer> answers, List<Double> points) {
    return counts(answers, points, new EnumMap<>(Split.class));
  }

  /// @param judged receives what each answer adds to its split's counts
  private Map<Split, YesNoCounts> counts(
      List<Answer> answers, List<Double> points, Map<Split, List<YesNoCounts>> judged) {
    Map<Split, YesNoCounts> counts = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      counts.put(split, YesNoCounts.none());
      judged.put(split, new ArrayList<>());
    }
    new LabelCheck(Path.of("the file of answers"))
        .requireCount("answers", answers.size(), questions.size());
    for (Question question : questions) {
      Answer answer = answers.get(question.number());
      Split split = split(question.category());
      boolean said = YesNoCounts.isYes(answer.text());
      boolean label = YesNoCounts.isYesLabel(labels.get(question.number()));
      counts.put(split, counts.get(split).plus(said, label));
      judged.get(split).add(YesNoCounts.none().plus(said, label));
      points.add(said == label ? 1.0 : 0.0);
    }
    return counts;
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    List<Double> points = new ArrayList<>();
    Map<Split, List<YesNoCounts>> judged = new EnumMap<>(Split.class);
    Map<Split, YesNoCounts> counts = counts(answers, points, judged);
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    double sum = 0;
    for (Map.Entry<Split, YesNoCounts> entry : counts.entrySet()) {
      String word = entry.getKey().word();
      YesNoCounts split = entry.getValue();
      figures.put(word + " F1", 100 * split.f1());
      figures.put(word + " accuracy", 100 * split.accuracy());
      figures.put(word + " precision", 100 * split.precision());
      figures.put(word + " recall", 100 * split.recall());
      figures.put(word + " yes ratio", 100 * split.yesRatio());
      sum += 100 * split.f1();
    }
    double mean = sum / counts.size();
    figures.putFirst("mean F1", mean);
    List<Stratum> strata =
        judged.values().stream().map(own -> f1(own, 100.0 / counts.size())).toList();
    return Optional.of(new Score("mean F1", mean, figures, points, strata));
  }

  /// Random, popular and adversarial; the benchmark says also how often the model says yes.
  @Override
  public Optional<Splits> splits(List<Answer> answers) {
    List<Splits.Row> rows = new ArrayList<>();
    counts(answers, new ArrayList<>())
        .forEach((split, counts) ->
            rows.add(
                new Splits.Row(
                    split.word(),
                    "",
                    Math.toIntExact(counts.total()),
                    Stream.of(
                            counts.accuracy(),
                            counts.precision(),
                            counts.recall(),
                            counts.f1(),
                            counts.yesRatio())
                        .map(share -> 100 * share)
                        .toList())));
    return Optional.of(
        new Splits(List.of("accuracy", "precision", "recall", "F1", "yes ratio"), rows));
  }

  /// F1 = 2 TP / (2 TP + FP + FN).
  private static Stratum f1(List<YesNoCounts> answers, double weight) {
    return new Stratum(
        weight,
        answers.stream().map(one -> 2.0 * one.truePositives()).toList(),
        answers.stream()
            .map(one -> 2.0 * one.truePositives() + one.falsePositives() + one.falseNegatives())
            .toList());
  }

  @Override
  public List<String> rightAnswers() {
    return labels;
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of();
  }

  private static Split split(String category) {
    for (Split split : Split.values()) {
      if (split.word().equals(category)) {
        return split;
      }
    }
    throw new BadInputException(
        "POPE's questions name the category '"
            + category
            + "'; it must be random, popular or"
            + " adversarial");
  }
}
