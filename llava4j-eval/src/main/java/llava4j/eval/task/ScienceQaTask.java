package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.error.BadInputException;
import llava4j.eval.metric.ChoiceLetters;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;

/// ScienceQA, test split, with and without images (spec 7.3, `eval_science_qa.py`).
public final class ScienceQaTask implements Task {
  private static final TaskFiles FILES =
      new TaskFiles("LLaVA's eval.zip and github.com/lupantech/ScienceQA (data/scienceqa)");
  private static final String IMAGE = "<image>";
  private static final String FAILED = "FAILED";
  private static final int MAX_NEW_TOKENS = 1024;

  private final List<Question> questions;
  private final Path problems;
  private final Path splits;

  /// The results of all problems of the test split.
  ///
  /// @param parsed letter or FAILED, by problem
  /// @param index of the chosen option by problem; -1 if no option was chosen
  /// @param right problems
  public record Outcome(
      int correct,
      int count,
      int imageCorrect,
      int imageCount,
      SequencedMap<String, String> parsed,
      SequencedMap<String, Integer> index,
      Set<String> right) {
    public double accuracy() {
      return 100.0 * correct / count;
    }

    public double imageAccuracy() {
      return imageCount == 0 ? 0 : 100.0 * imageCorrect / imageCount;
    }
  }

  /// @param questions LLaVA's `llava_test_CQM-A.json`, or `problems`
  /// @param problems the release's `problems.json`
  /// @param splits the release's `pid_splits.json`
  /// @param images folder of the questions' images
  public ScienceQaTask(Path questions, Path problems, Path splits, Path images) {
    FILES.require(problems);
    FILES.require(splits);
    this.questions =
        questions.equals(problems)
            ? siteQuestions(problems, splits, images)
            : read(questions, images);
    this.problems = problems;
    this.splits = splits;
    check();
  }

  /// Checks that the questions are exactly the problems of the test split.
  private void check() {
    JsonNode all = FILES.tree(problems);
    JsonNode test = FILES.tree(splits).path("test");
    Set<String> wanted = new HashSet<>();
    test.forEach(id -> wanted.add(id.asString("")));
    new LabelCheck(splits).requireCount("questions", questions.size(), test.size());
    LabelCheck check = new LabelCheck(problems);
    for (Question question : questions) {
      if (!wanted.contains(question.id())) {
        throw new BadInputException(
            splits
                + " does not name question "
                + question.id()
                + " among its test split; questions and splits belong to different versions, get both"
                + " again");
      }
      JsonNode problem = all.path(question.id());
      String where = "problem " + question.id();
      check.requirePart(question, problem.path("question").asStringOpt(), where);
      for (JsonNode choice : problem.path("choices")) {
        check.requirePart(question, choice.asStringOpt(), where);
      }
    }
  }

  @Override
  public List<String> rightAnswers() {
    JsonNode all = FILES.tree(problems);
    return questions.stream()
        .map(question -> {
          JsonNode problem = all.path(question.id());
          int right = problem.path("answer").asInt(-1);
          String choice = problem.path("choices").path(right).asString("");
          return right < 0 ? "" : ChoiceLetters.letter(right) + ". " + choice;
        })
        .toList();
  }

  /// With the names that its files have in LLaVA's evaluation archive and at the site.
  public static ScienceQaTask in(Path folder) {
    Path problems = folder.resolve("problems.json");
    return new ScienceQaTask(
        FILES.firstOf(folder.resolve("llava_test_CQM-A.json"), problems),
        problems,
        folder.resolve("pid_splits.json"),
        folder.resolve("images/test"));
  }

  private static List<Question> read(Path file, Path images) {
    List<Question> questions = new ArrayList<>();
    for (JsonNode entry : FILES.tree(file)) {
      int number = questions.size();
      String value = TaskFiles.field(entry.path("conversations").path(0), "value", file, number);
      questions.add(
          question(
              number,
              TaskFiles.field(entry, "id", file, number),
              entry.path("image").isString()
                  ? Optional.of(images.resolve(entry.path("image").asString()))
                  : Optional.empty(),
              value.replace(IMAGE, "").strip()));
    }
    return FILES.some(questions, file);
  }

  /// The test split as questions, as in LLaVA's file: context if there is one, question, options.
  private static List<Question> siteQuestions(Path problems, Path splits, Path images) {
    JsonNode all = FILES.tree(problems);
    List<Question> questions = new ArrayList<>();
    for (JsonNode entry : FILES.tree(splits).path("test")) {
      int number = questions.size();
      String id = entry.asString("");
      JsonNode problem = all.path(id);
      String hint = problem.path("hint").asString("").strip();
      StringBuilder text = new StringBuilder(hint.isEmpty() ? "" : "Context: " + hint + "\n");
      text.append(TaskFiles.field(problem, "question", problems, number));
      int option = 0;
      for (JsonNode choice : problem.path("choices")) {
        text.append('\n').append(ChoiceLetters.letter(option++)).append(". ");
        text.append(choice.asString(""));
      }
      questions.add(
          question(
              number,
              id,
              problem.path("image").isString()
                  ? Optional.of(images.resolve(id).resolve(problem.path("image").asString()))
                  : Optional.empty(),
              text.toString()));
    }
    return FILES.some(questions, splits);
  }

  private static Question question(int number, String id, Optional<Path> image, String text) {
    return new Question(
        number,
        id,
        image.map(path -> List.<QuestionImage>of(new QuestionImage.InFile(path))).orElse(List.of()),
        ResponseFormat.LETTER.applyTo(text),
        image.isPresent() ? "image" : "text");
  }

  @Override
  public TaskName name() {
    return TaskName.SCIENCEQA;
  }

  @Override
  public List<Question> questions() {
    return questions;
  }

  /// The prompt with `<image>`: the scorer uses it to find the questions with an image.
  @Override
  public String storedPrompt(Question question) {
    return question.images().isEmpty() ? question.text() : IMAGE + "\n" + question.text();
  }

  @Override
  public int maxNewTokens() {
    return MAX_NEW_TOKENS;
  }

  /// The original's counts, over the problems of the test split.
  public static Outcome outcome(Path problems, Path splits, List<Answer> answers) {
    JsonNode all = FILES.tree(problems);
    Map<String, Answer> byId = new HashMap<>();
    answers.forEach(answer -> byId.put(answer.id(), answer));
    SequencedMap<String, String> parsed = new LinkedHashMap<>();
    SequencedMap<String, Integer> index = new LinkedHashMap<>();
    Set<String> solved = new HashSet<>();
    int count = 0;
    int imageCorrect = 0;
    int imageCount = 0;
    for (JsonNode entry : FILES.tree(splits).path("test")) {
      String id = entry.asString("");
      JsonNode problem = all.path(id);
      if (problem.isMissingNode()) {
        throw new BadInputException(
            problems + " has no problem " + id + ", which " + splits + " names");
      }
      if (!problem.path("answer").isInt()) {
        throw new BadInputException(
            problems + ", problem " + id + ": no 'answer' that is a whole number; get it again");
      }
      Answer answer = byId.getOrDefault(id, new Answer(id, "Unknown", FAILED));
      Optional<String> letter = ChoiceLetters.scienceQa(answer.text());
      int chosen = letter.map(found -> found.charAt(0) - 'A').orElse(-1);
      chosen = chosen < problem.path("choices").size() ? chosen : -1;
      boolean right = chosen == problem.path("answer").asInt();
      boolean image = answer.prompt().contains(IMAGE);
      parsed.put(id, letter.orElse(FAILED));
      index.put(id, chosen);
      count++;
      if (right) {
        solved.add(id);
      }
      imageCount += image ? 1 : 0;
      imageCorrect += image && right ? 1 : 0;
    }
    return new Outcome(solved.size(), count, imageCorrect, imageCount, parsed, index, solved);
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    Outcome outcome = outcome(problems, splits, answers);
    List<Double> points =
        answers.stream().map(answer -> outcome.right().contains(answer.id()) ? 1.0 : 0.0).toList();
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    figures.put("IMG accuracy", outcome.imageAccuracy());
    figures.put("accuracy", outcome.accuracy());
    List<Double> ofImages = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      if (answers.get(i).prompt().contains(IMAGE)) {
        ofImages.add(points.get(i));
      }
    }
    return Optional.of(
        new Score(
            "IMG accuracy",
            outcome.imageAccuracy(),
            figures,
            points,
            List.of(Stratum.mean(100, ofImages))));
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of();
  }
}
