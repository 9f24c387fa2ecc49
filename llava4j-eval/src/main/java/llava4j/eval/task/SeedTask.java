package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.error.BadInputException;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// SEED-Bench: multiple choice about images and about one frame of videos (spec 7.3,
/// `convert_seed_for_submission.py`). An answer counts only if it is the letter and nothing else.
public final class SeedTask implements Task {
  /// The benchmark's folder in LLaVA's evaluation archive.
  public static final String FOLDER = "seed_bench";

  /// The folder of the frames of videos, within the benchmark's folder.
  public static final String FRAMES = "SEED-Bench-video-image";

  /// The file with questions and answers, within the benchmark's folder.
  public static final String TRUTH = "SEED-Bench.json";

  private static final TaskFiles FILES =
      new TaskFiles("LLaVA's eval.zip and huggingface.co/datasets/AILab-CVC/SEED-Bench");
  private static final List<String> LETTERS = List.of("A", "B", "C", "D");
  private static final String IMAGE = "image";
  private static final String VIDEO = "video";
  private static final int MAX_NEW_TOKENS = 128;

  private final List<Question> questions;
  private final Path truth;
  private final List<String> right;

  /// The number of right answers and of all answers, for one type of question.
  public record Share(int right, int count) {
    Share plus(boolean oneRight) {
      return new Share(right + (oneRight ? 1 : 0), count + 1);
    }

    /// Of 100.
    public double percent() {
      return 100.0 * right / count;
    }
  }

  /// @param byType in the order of the file's types
  /// @param ofVideos the types whose questions are about videos
  /// @param letters that are right, by question
  public record Outcome(
      SequencedMap<String, Share> byType,
      Set<String> ofVideos,
      Share image,
      Share video,
      Map<String, String> letters) {
    public Share total() {
      return new Share(image.right() + video.right(), image.count() + video.count());
    }
  }

  /// @param questions LLaVA's `llava-seed-bench.jsonl`, or `truth`
  /// @param truth `SEED-Bench.json`
  /// @param images folder of `SEED-Bench-image` and `SEED-Bench-video-image`
  public SeedTask(Path questions, Path truth, Path images) {
    FILES.require(truth);
    this.questions =
        TaskFiles.isLlavas(questions)
            ? FILES.llavaQuestions(questions, images)
            : siteQuestions(questions, images);
    this.truth = truth;
    this.right = check(this.questions, truth);
  }

  /// Checks that every question has a label with the same text and image. Labels without a question
  /// count as wrong answers: this is the original's rule for missing videos.
  ///
  /// @return the right answers, one per question
  private static List<String> check(List<Question> questions, Path truth) {
    Map<String, JsonNode> labels = new HashMap<>();
    int row = 0;
    for (JsonNode label : FILES.tree(truth).path("questions")) {
      labels.put(TaskFiles.field(label, "question_id", truth, row++), label);
    }
    LabelCheck check = new LabelCheck(truth);
    List<String> right = new ArrayList<>();
    for (Question question : questions) {
      JsonNode label = labels.get(question.id());
      String where = "question " + question.id();
      if (label == null) {
        throw new BadInputException(
            truth
                + " has no "
                + where
                + "; questions and labels belong to different versions, download both again");
      }
      check.requirePart(question, label.path("question").asStringOpt(), where);
      for (String letter : LETTERS) {
        check.requirePart(question, choice(label, letter), where);
      }
      if (label.path("data_type").asString("").equals(IMAGE)) {
        check.requireSameImage(question, label.path("data_id").asStringOpt(), where);
      }
      String letter = label.path("answer").asString("");
      right.add(letter + choice(label, letter).map(choice -> ". " + choice).orElse(""));
    }
    return right;
  }

  private static Optional<String> choice(JsonNode label, String letter) {
    return label.path("choice_" + letter.toLowerCase(Locale.ROOT)).asStringOpt();
  }

  /// With the names that its files have in LLaVA's evaluation archive and at the site.
  public static SeedTask in(Path folder) {
    Path truth = folder.resolve(TRUTH);
    return new SeedTask(
        FILES.firstOf(folder.resolve("llava-seed-bench.jsonl"), truth), truth, folder);
  }

  private static List<Question> siteQuestions(Path file, Path images) {
    JsonNode root = FILES.tree(file);
    Map<Integer, String> types = types(root);
    List<Question> questions = new ArrayList<>();
    for (JsonNode entry : root.path("questions")) {
      int number = questions.size();
      String id = TaskFiles.field(entry, "question_id", file, number);
      String type = TaskFiles.field(entry, "question_type_id", file, number);
      String image =
          entry.path("data_type").asString("").equals(IMAGE)
              ? "SEED-Bench-image/" + TaskFiles.field(entry, "data_id", file, number)
              : FRAMES + "/" + type + "_" + id + ".png";
      StringBuilder text = new StringBuilder(TaskFiles.field(entry, "question", file, number));
      for (String letter : LETTERS) {
        String choice = "choice_" + letter.toLowerCase(Locale.ROOT);
        text.append('\n').append(letter).append(". ");
        text.append(TaskFiles.field(entry, choice, file, number));
      }
      questions.add(
          Question.about(
                  images.resolve(image),
                  number,
                  id,
                  id.matches("\\d{1,18}"),
                  ResponseFormat.LETTER.applyTo(text.toString()))
              .in(types.getOrDefault(entry.path("question_type_id").asInt(0), "default")));
    }
    return FILES.some(questions, file);
  }

  private static Map<Integer, String> types(JsonNode root) {
    SequencedMap<Integer, String> types = new LinkedHashMap<>();
    root.path("question_type")
        .properties()
        .forEach(type -> types.put(type.getValue().asInt(0), type.getKey()));
    return types;
  }

  @Override
  public TaskName name() {
    return TaskName.SEED;
  }

  @Override
  public List<Question> questions() {
    return questions;
  }

  /// The sites publish videos, and the model is shown images.
  @Override
  public String missing(QuestionImage image) {
    String name = image.name();
    return name.contains(FRAMES)
        ? "give the folder of the videos with --videos, and the frames are cut from them"
            + " (docs/evaluation.md: frames of SEED-Bench's videos)"
        : Task.super.missing(image);
  }

  @Override
  public int maxNewTokens() {
    return MAX_NEW_TOKENS;
  }

  /// Counts over all questions of the file; one without an answer is wrong.
  public static Outcome outcome(Path truth, List<Answer> answers) {
    Map<String, String> texts = new HashMap<>();
    answers.forEach(answer -> texts.put(answer.id(), answer.text()));
    JsonNode root = FILES.tree(truth);
    Map<Integer, String> types = types(root);
    SequencedMap<String, Share> byType = new LinkedHashMap<>();
    types.values().forEach(type -> byType.put(type, new Share(0, 0)));
    Map<String, String> letters = new HashMap<>();
    Set<String> ofVideos = new HashSet<>();
    Share image = new Share(0, 0);
    Share video = new Share(0, 0);
    int row = 0;
    for (JsonNode question : root.path("questions")) {
      String type = types.get(question.path("question_type_id").asInt(-1));
      if (type == null) {
        throw new BadInputException(
            truth + ", question " + (row + 1) + ": unknown question_type_id; get it again");
      }
      String id = TaskFiles.field(question, "question_id", truth, row);
      String letter = TaskFiles.field(question, "answer", truth, row);
      letters.put(id, letter);
      boolean right = letter.equals(texts.get(id));
      byType.put(type, byType.get(type).plus(right));
      if (question.path("data_type").asString("").equals(IMAGE)) {
        image = image.plus(right);
      } else {
        video = video.plus(right);
        ofVideos.add(type);
      }
      row++;
    }
    byType.values().removeIf(share -> share.count() == 0);
    return new Outcome(byType, ofVideos, image, video, letters);
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    Outcome outcome = outcome(truth, answers);
    List<Double> points =
        answers.stream()
            .map(answer -> answer.text().equals(outcome.letters().get(answer.id())) ? 1.0 : 0.0)
            .toList();
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    figures.put("all", outcome.total().percent());
    if (outcome.image().count() > 0) {
      figures.put(IMAGE, outcome.image().percent());
    }
    if (outcome.video().count() > 0) {
      figures.put(VIDEO, outcome.video().percent());
    }
    outcome.byType().forEach((type, share) -> figures.put(type, share.percent()));
    return Optional.of(new Score("all", outcome.total().percent(), figures, points));
  }

  /// The dimensions, then the two parts and all.
  @Override
  public Optional<Splits> splits(List<Answer> answers) {
    Outcome outcome = outcome(truth, answers);
    List<Splits.Row> rows = new ArrayList<>();
    outcome
        .byType()
        .forEach((type, share) ->
            rows.add(row(type, outcome.ofVideos().contains(type) ? VIDEO : IMAGE, share)));
    rows.add(row("all of images", IMAGE, outcome.image()));
    rows.add(row("all of videos", VIDEO, outcome.video()));
    rows.add(row("all", "", outcome.total()));
    rows.removeIf(row -> row.questions() == 0);
    return Optional.of(new Splits(List.of("accuracy"), rows));
  }

  private static Splits.Row row(String name, String of, Share share) {
    return new Splits.Row(name, of, share.count(), List.of(share.percent()));
  }

  @Override
  public List<String> rightAnswers() {
    return right;
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of(Submission.lines(folder.resolve("seed.jsonl"), upload(answers)));
  }

  /// The file for the leaderboard.
  public static List<ObjectNode> upload(List<Answer> answers) {
    JsonMapper json = new JsonMapper();
    List<ObjectNode> upload = new ArrayList<>();
    for (Answer answer : answers) {
      upload.add(
          json.createObjectNode().put("question_id", answer.id()).put("prediction", answer.text()));
    }
    return upload;
  }
}
