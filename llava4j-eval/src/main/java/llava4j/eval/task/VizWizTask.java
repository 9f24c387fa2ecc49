package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.eval.metric.VqaNormalizer;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/// VizWiz, test split: questions of blind people; scored by its server (spec 7.3,
/// `convert_vizwiz_for_submission.py`).
public final class VizWizTask implements Task {
  private static final TaskFiles FILES = new TaskFiles("LLaVA's eval.zip and vizwiz.org");
  private static final int MAX_NEW_TOKENS = 128;

  private final List<Question> questions;

  /// @param questions LLaVA's `llava_test.jsonl`, or VizWiz's `test.json`
  public VizWizTask(Path questions, Path images) {
    this.questions =
        TaskFiles.isLlavas(questions)
            ? FILES.llavaQuestions(questions, images)
            : siteQuestions(questions, images);
  }

  /// With the names that its files have in LLaVA's evaluation archive or at the site.
  public static VizWizTask in(Path folder) {
    return new VizWizTask(
        FILES.firstOf(folder.resolve("llava_test.jsonl"), folder.resolve("test.json")),
        folder.resolve("test"));
  }

  private static List<Question> siteQuestions(Path file, Path images) {
    List<Question> questions = new ArrayList<>();
    for (JsonNode entry : FILES.tree(file)) {
      int number = questions.size();
      String image = TaskFiles.field(entry, "image", file, number);
      String text = TaskFiles.field(entry, "question", file, number);
      questions.add(
          Question.about(
              images.resolve(image),
              number,
              image,
              false,
              ResponseFormat.UNANSWERABLE.applyTo(text)));
    }
    return FILES.some(questions, file);
  }

  @Override
  public TaskName name() {
    return TaskName.VIZWIZ;
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
    return Optional.empty();
  }

  @Override
  public List<String> rightAnswers() {
    return List.of();
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of(Submission.json(folder.resolve("vizwiz.json"), upload(answers)));
  }

  /// The file for the server: an answer for each image, in the order of the questions.
  public ArrayNode upload(List<Answer> answers) {
    Map<String, String> texts = new HashMap<>();
    answers.forEach(answer -> texts.put(answer.id(), answer.text()));
    VqaNormalizer normalizer = new VqaNormalizer();
    ArrayNode upload = new JsonMapper().createArrayNode();
    for (Question question : questions) {
      String text = texts.get(question.id());
      if (text == null) {
        throw new BadInputException(
            "there is no answer to VizWiz's question "
                + question.id()
                + "; the server accepts only complete submissions");
      }
      String image = Path.of(question.image().orElseThrow().name()).getFileName().toString();
      upload.addObject().put("image", image).put("answer", normalizer.normalize(text));
    }
    return upload;
  }
}
