package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/// GQA, balanced test-dev (spec 7.3, `convert_gqa_for_eval.py` and the accuracy part of GQA's
/// `eval.py`).
public final class GqaTask implements Task {
  private static final TaskFiles FILES =
      new TaskFiles("LLaVA's eval.zip and cs.stanford.edu/people/dorarad/gqa/download.html");
  private static final int MAX_NEW_TOKENS = 128;

  private final List<Question> questions;
  private final Path truth;
  private final List<String> answers = new ArrayList<>();

  /// @param questions LLaVA's `llava_gqa_testdev_balanced.jsonl`, or `truth`
  /// @param truth GQA's `testdev_balanced_questions.json`
  public GqaTask(Path questions, Path truth, Path images) {
    this.questions =
        TaskFiles.isLlavas(questions)
            ? FILES.llavaQuestions(questions, images)
            : siteQuestions(questions, images);
    this.truth = truth;
    JsonNode all = FILES.tree(truth);
    for (Question question : this.questions) {
      JsonNode label = all.path(question.id());
      String where = "question " + question.id();
      new LabelCheck(truth).requireSame(question, label, "question", "imageId", where);
      answers.add(label.path("answer").asString(""));
    }
  }

  /// With the names that its files have in LLaVA's evaluation archive and at the site.
  public static GqaTask in(Path folder) {
    Path truth = folder.resolve("testdev_balanced_questions.json");
    return new GqaTask(
        FILES.firstOf(folder.resolve("llava_gqa_testdev_balanced.jsonl"), truth),
        truth,
        folder.resolve("images"));
  }

  private static List<Question> siteQuestions(Path file, Path images) {
    List<Question> questions = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : FILES.tree(file).properties()) {
      int number = questions.size();
      String image = TaskFiles.field(entry.getValue(), "imageId", file, number) + ".jpg";
      String text = TaskFiles.field(entry.getValue(), "question", file, number);
      questions.add(
          Question.about(
              images.resolve(image),
              number,
              entry.getKey(),
              false,
              ResponseFormat.SHORT.applyTo(text)));
    }
    return FILES.some(questions, file);
  }

  @Override
  public TaskName name() {
    return TaskName.GQA;
  }

  @Override
  public List<Question> questions() {
    return questions;
  }

  @Override
  public int maxNewTokens() {
    return MAX_NEW_TOKENS;
  }

  /// An answer as GQA compares it: lower case, without periods at its end.
  public static String prediction(String answer) {
    int end = answer.length();
    while (end > 0 && answer.charAt(end - 1) == '.') {
      end--;
    }
    return answer.substring(0, end).toLowerCase(Locale.ROOT);
  }

  /// Accuracies, of 100: `accuracy`, `binary`, `open`, and one for each structural and semantic
  /// type.
  ///
  /// @param points receives 1 or 0 for each answer
  public static SequencedMap<String, Double> figures(
      Path truth, List<Answer> answers, List<Double> points) {
    JsonNode all = FILES.tree(truth);
    Map<String, List<Double>> groups = new TreeMap<>();
    for (Answer answer : answers) {
      JsonNode question = all.path(answer.id());
      if (question.isMissingNode()) {
        throw new BadInputException(
            truth
                + " has no question "
                + answer.id()
                + "; questions and answers belong to different versions");
      }
      if (!question.path("isBalanced").asBoolean(true)) {
        continue;
      }
      String where = "question " + answer.id();
      String right = TaskFiles.field(question, "answer", truth, where);
      double point = prediction(answer.text()).equals(right) ? 1 : 0;
      points.add(point);
      JsonNode types = question.path("types");
      String structural = TaskFiles.field(types, "structural", truth, where);
      String semantic = TaskFiles.field(types, "semantic", truth, where);
      List<String> names =
          List.of(
              "accuracy",
              structural.equals("query") ? "open" : "binary",
              "structural " + structural,
              "semantic " + semantic);
      names.forEach(name -> groups.computeIfAbsent(name, _ -> new ArrayList<>()).add(point));
    }
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    groups.forEach((name, each) ->
        figures.put(
            name, 100 * (each.stream().mapToDouble(Double::doubleValue).sum() / each.size())));
    return figures;
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    List<Double> points = new ArrayList<>();
    SequencedMap<String, Double> figures = figures(truth, answers, points);
    return Optional.of(new Score("accuracy", figures.get("accuracy"), figures, points));
  }

  @Override
  public List<String> rightAnswers() {
    return List.copyOf(answers);
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of(
        Submission.json(folder.resolve("testdev_balanced_predictions.json"), predictions(answers)));
  }

  /// The input file of GQA's `eval.py`.
  public static ArrayNode predictions(List<Answer> answers) {
    ArrayNode predictions = new JsonMapper().createArrayNode();
    for (Answer answer : answers) {
      predictions
          .addObject()
          .put("questionId", answer.id())
          .put("prediction", prediction(answer.text()));
    }
    return predictions;
  }
}
