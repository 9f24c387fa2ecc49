package llava4j.eval.task;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import llava4j.eval.metric.SoftAccuracy;
import llava4j.eval.metric.VqaNormalizer;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// VQAv2, test-dev, scored by its server (spec 7.3, `convert_vqav2_for_submission.py`). If there
/// are annotations next to the questions, as for the validation split, the score is computed here.
public final class Vqav2Task implements Task {
  private static final TaskFiles FILES =
      new TaskFiles("LLaVA's eval.zip and visualqa.org/download.html");
  private static final Pattern COCO = Pattern.compile(".*_(\\d{12})\\.jpg");
  private static final int MAX_NEW_TOKENS = 128;

  private final List<Question> questions;
  private final Path whole;
  private final Path annotations;
  private final VqaNormalizer normalizer = new VqaNormalizer();

  /// @param questions the questions to ask, `llava_vqav2_mscoco_test-dev2015.jsonl` or
  ///   `v2_OpenEnded_mscoco_test-dev2015_questions.json`
  /// @param whole the questions of the submission, `llava_vqav2_mscoco_test2015.jsonl` or
  ///   `v2_OpenEnded_mscoco_test2015_questions.json`
  /// @param annotations `v2_mscoco_..._annotations.json`, which may be missing
  public Vqav2Task(Path questions, Path whole, Path annotations, Path images) {
    this.questions =
        TaskFiles.isLlavas(questions)
            ? FILES.llavaQuestions(questions, images)
            : siteQuestions(questions, images);
    this.whole = whole;
    this.annotations = annotations;
    requireAmong(whole);
  }

  /// Checks that the questions to ask are part of the submission.
  private void requireAmong(Path wanted) {
    Map<String, JsonNode> all = new HashMap<>();
    int row = 0;
    for (JsonNode line : entries(wanted)) {
      all.put(TaskFiles.field(line, "question_id", wanted, row++), line);
    }
    LabelCheck check = new LabelCheck(wanted);
    for (Question question : questions) {
      JsonNode line = all.get(question.id());
      if (line == null) {
        throw new BadInputException(
            wanted
                + " has no question "
                + question.id()
                + ", which is to be asked; the files belong to different versions, download both again");
      }
      String where = "question " + question.id();
      String text = TaskFiles.isLlavas(wanted) ? "text" : "question";
      check.requireSameText(question, line.path(text).asStringOpt().map(Vqav2Task::bare), where);
    }
  }

  /// The question without the response-format prompt, which only LLaVA's files have.
  private static String bare(String text) {
    return text.replace(ResponseFormat.SHORT.instruction(), "");
  }

  private static Iterable<JsonNode> entries(Path wanted) {
    return TaskFiles.isLlavas(wanted) ? FILES.lines(wanted) : FILES.tree(wanted).path("questions");
  }

  /// With the names that its files have in LLaVA's evaluation archive or at the site.
  public static Vqav2Task in(Path folder) {
    return new Vqav2Task(
        FILES.firstOf(
            folder.resolve("llava_vqav2_mscoco_test-dev2015.jsonl"),
            folder.resolve("v2_OpenEnded_mscoco_test-dev2015_questions.json")),
        FILES.firstOf(
            folder.resolve("llava_vqav2_mscoco_test2015.jsonl"),
            folder.resolve("v2_OpenEnded_mscoco_test2015_questions.json")),
        folder.resolve("annotations.json"),
        folder.resolve("test2015"));
  }

  private static List<Question> siteQuestions(Path file, Path images) {
    List<Question> questions = new ArrayList<>();
    for (JsonNode entry : FILES.tree(file).path("questions")) {
      int number = questions.size();
      String image = TaskFiles.field(entry, "image_id", file, number);
      questions.add(
          Question.about(
              images.resolve(
                  "COCO_test2015_" + "0".repeat(Math.max(0, 12 - image.length())) + image + ".jpg"),
              number,
              TaskFiles.field(entry, "question_id", file, number),
              true,
              ResponseFormat.SHORT.applyTo(TaskFiles.field(entry, "question", file, number))));
    }
    return FILES.some(questions, file);
  }

  @Override
  public TaskName name() {
    return TaskName.VQAV2;
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
    if (!Files.isRegularFile(annotations)) {
      return Optional.empty();
    }
    Map<String, List<String>> people = people();
    SoftAccuracy accuracy = new SoftAccuracy(normalizer);
    List<Double> points = new ArrayList<>();
    for (Answer answer : answers) {
      points.add(accuracy.of(answer.text(), given(people, answer.id())));
    }
    return Optional.of(Score.mean("accuracy", points));
  }

  @Override
  public List<String> rightAnswers() {
    if (!Files.isRegularFile(annotations)) {
      return List.of();
    }
    Map<String, List<String>> people = people();
    return questions.stream()
        .map(question -> SoftAccuracy.summary(given(people, question.id())))
        .toList();
  }

  private List<String> given(Map<String, List<String>> people, String id) {
    List<String> given = people.get(id);
    if (given == null) {
      throw new BadInputException(
          annotations
              + " has no question "
              + id
              + "; questions and annotations belong to different versions, get both again");
    }
    return given;
  }

  /// Ten people's answers by question.
  private Map<String, List<String>> people() {
    Map<String, Question> asked = new HashMap<>();
    questions.forEach(question -> asked.put(question.id(), question));
    Map<String, List<String>> people = new HashMap<>();
    for (JsonNode entry : FILES.tree(annotations).path("annotations")) {
      int row = people.size();
      List<String> given = new ArrayList<>();
      entry
          .path("answers")
          .forEach(answer -> given.add(TaskFiles.field(answer, "answer", annotations, row)));
      String id = TaskFiles.field(entry, "question_id", annotations, row);
      requireSameImage(Optional.ofNullable(asked.get(id)), entry);
      people.put(id, given);
    }
    return people;
  }

  /// The name of a COCO image: its number with leading zeros.
  private void requireSameImage(Optional<Question> question, JsonNode entry) {
    Optional<String> shown = question.flatMap(Question::image).map(QuestionImage::name);
    long number = entry.path("image_id").asLong(-1);
    Matcher named = COCO.matcher(shown.orElse(""));
    if (number >= 0 && named.matches() && Long.parseLong(named.group(1)) != number) {
      throw new BadInputException(
          annotations
              + ": question "
              + question.orElseThrow().id()
              + " is about image "
              + number
              + ", but it is asked about "
              + Path.of(shown.orElseThrow()).getFileName()
              + "; questions and annotations belong to different versions, get both again");
    }
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of(Submission.json(folder.resolve("vqav2.json"), upload(whole, answers)));
  }

  /// The file for the server: every question of the whole test set, with an empty answer if the
  /// question was not asked.
  public ArrayNode upload(Path wanted, List<Answer> answers) {
    Map<String, String> texts = new HashMap<>();
    answers.forEach(answer -> texts.put(answer.id(), answer.text()));
    ArrayNode upload = new JsonMapper().createArrayNode();
    int row = 0;
    for (JsonNode line : entries(wanted)) {
      String text = texts.get(TaskFiles.field(line, "question_id", wanted, row++));
      ObjectNode entry = upload.addObject();
      entry.set("question_id", line.path("question_id"));
      entry.put("answer", text == null ? "" : normalizer.normalize(text));
    }
    return upload;
  }
}
