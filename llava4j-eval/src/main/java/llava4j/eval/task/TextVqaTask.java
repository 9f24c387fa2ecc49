package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.eval.metric.SoftAccuracy;
import llava4j.eval.metric.VqaNormalizer;
import llava4j.text.ResponseFormat;
import tools.jackson.databind.JsonNode;

/// TextVQA, validation split: questions about text in images, with the OCR tokens in the prompt
/// (spec 7.3, `eval_textvqa.py`). Question ids are image ids, so annotations are looked up by image
/// and question.
public final class TextVqaTask implements Task {
  private static final TaskFiles FILES = new TaskFiles("LLaVA's eval.zip and textvqa.org/dataset");
  private static final String WORDS = "TextVQA_Rosetta_OCR_v0.2_val.json";
  private static final String OCR_LABEL = "Reference OCR token: ";
  private static final String QUESTION_LABEL = "Question: ";
  private static final int MAX_NEW_TOKENS = 128;

  private final List<Question> questions;
  private final Path annotations;
  private final SoftAccuracy accuracy = new SoftAccuracy(new VqaNormalizer());

  private record Key(String image, String question) {}

  /// @param questions LLaVA's `llava_textvqa_val_v051_ocr.jsonl`, or the words that TextVQA's
  ///   authors recognised, `TextVQA_Rosetta_OCR_v0.2_val.json`
  /// @param annotations `TextVQA_0.5.1_val.json`
  public TextVqaTask(Path questions, Path annotations, Path images) {
    FILES.require(annotations);
    this.questions =
        TaskFiles.isLlavas(questions)
            ? FILES.llavaQuestions(questions, images)
            : siteQuestions(annotations, words(questions), images);
    this.annotations = annotations;
  }

  /// With the names that its files have in LLaVA's evaluation archive or at the site.
  public static TextVqaTask in(Path folder) {
    return new TextVqaTask(
        FILES.firstOf(folder.resolve("llava_textvqa_val_v051_ocr.jsonl"), folder.resolve(WORDS)),
        folder.resolve("TextVQA_0.5.1_val.json"),
        folder.resolve("train_images"));
  }

  private static List<Question> siteQuestions(Path file, Map<String, String> words, Path images) {
    List<Question> questions = new ArrayList<>();
    for (JsonNode entry : FILES.tree(file).path("data")) {
      int number = questions.size();
      String image = TaskFiles.field(entry, "image_id", file, number);
      String text =
          String.join(
              "\n",
              capitalized(TaskFiles.field(entry, "question", file, number)),
              OCR_LABEL + wordsOf(image, words, file),
              ResponseFormat.SHORT.instruction());
      questions.add(Question.about(images.resolve(image + ".jpg"), number, image, false, text));
    }
    return FILES.some(questions, file);
  }

  private static String wordsOf(String image, Map<String, String> words, Path questions) {
    String found = words.get(image);
    if (found == null) {
      throw new BadInputException(
          questions.resolveSibling(WORDS)
              + " has no OCR tokens of image "
              + image
              + ", about which "
              + questions.getFileName()
              + " asks; download both again");
    }
    return found;
  }

  /// LLaVA's prompts have a capital first letter and no other capitals; TextVQA's questions mostly
  /// have none.
  private static String capitalized(String question) {
    return question.substring(0, Math.min(1, question.length())).toUpperCase(Locale.ROOT)
        + question.substring(Math.min(1, question.length())).toLowerCase(Locale.ROOT);
  }

  /// The OCR tokens of each image, as in the prompts.
  private static Map<String, String> words(Path file) {
    Map<String, String> words = new HashMap<>();
    int row = 0;
    for (JsonNode entry : FILES.tree(file).path("data")) {
      List<String> tokens = new ArrayList<>();
      entry.path("ocr_tokens").forEach(token -> tokens.add(token.asString("")));
      words.put(TaskFiles.field(entry, "image_id", file, row++), String.join(", ", tokens));
    }
    return words;
  }

  @Override
  public TaskName name() {
    return TaskName.TEXTVQA;
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
    return Optional.of(Score.mean("accuracy", points(annotations, accuracy, answers)));
  }

  @Override
  public List<String> rightAnswers() {
    Map<Key, List<String>> people = people(annotations);
    return questions.stream()
        .map(question ->
            SoftAccuracy.summary(given(people, annotations, question.id(), question.text())))
        .toList();
  }

  /// The score of each answer.
  static List<Double> points(Path annotations, SoftAccuracy accuracy, List<Answer> answers) {
    Map<Key, List<String>> people = people(annotations);
    return answers.stream()
        .map(answer ->
            accuracy.of(answer.text(), given(people, annotations, answer.id(), answer.prompt())))
        .toList();
  }

  private static List<String> given(
      Map<Key, List<String>> people, Path annotations, String id, String prompt) {
    List<String> given = people.get(new Key(id, question(prompt)));
    if (given == null) {
      throw new BadInputException(
          annotations
              + " has no question '"
              + question(prompt)
              + "' about "
              + id
              + "; questions and annotations belong to different versions");
    }
    return given;
  }

  private static Map<Key, List<String>> people(Path annotations) {
    Map<Key, List<String>> people = new HashMap<>();
    int row = 0;
    for (JsonNode entry : FILES.tree(annotations).path("data")) {
      List<String> given = new ArrayList<>();
      entry
          .path("answers")
          .valueStream()
          .filter(JsonNode::isString)
          .forEach(answer -> given.add(answer.asString()));
      if (given.size() != SoftAccuracy.PEOPLE) {
        throw new BadInputException(
            annotations
                + ", row "
                + (row + 1)
                + ": "
                + given.size()
                + " answers instead of 10; download it again");
      }
      people.put(
          new Key(
              TaskFiles.field(entry, "image_id", annotations, row),
              TaskFiles.field(entry, "question", annotations, row).toLowerCase(Locale.ROOT)),
          given);
      row++;
    }
    return people;
  }

  /// The question within a prompt, lower case (`prompt_processor`).
  public static String question(String prompt) {
    String[] lines = prompt.split("\n", -1);
    String question;
    if (prompt.startsWith("OCR tokens: ")) {
      int start = prompt.indexOf(QUESTION_LABEL) + QUESTION_LABEL.length();
      int end = prompt.indexOf(" Short answer:", start);
      if (start < QUESTION_LABEL.length() || end < 0) {
        throw notUnderstood(prompt);
      }
      question = prompt.substring(start, end);
    } else if (prompt.contains(OCR_LABEL) && lines.length == 3) {
      question = prompt.startsWith(OCR_LABEL.strip()) ? lines[1] : lines[0];
    } else if (lines.length == 2) {
      question = lines[0];
    } else {
      throw notUnderstood(prompt);
    }
    return question.toLowerCase(Locale.ROOT);
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of();
  }

  private static BadInputException notUnderstood(String prompt) {
    return new BadInputException(
        "TextVQA's question cannot be found in the prompt '"
            + prompt.replace("\n", "\\n")
            + "'; it must have two lines, or three with '"
            + OCR_LABEL.strip()
            + "'");
  }
}
