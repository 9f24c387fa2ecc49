package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// MM-Vet: 218 open questions, each judged by a language model from 0 to 1 and counted for the
/// capabilities it needs (spec 7.3, `convert_mmvet_for_eval.py`, `mm-vet_evaluator.ipynb`).
public final class MmVetTask implements JudgedTask {
  private static final TaskFiles FILES =
      new TaskFiles("github.com/yuweihao/MM-Vet and LLaVA's eval.zip");
  private static final Pattern PROMPT =
      Pattern.compile("prompt = \"\"\"(.*?)\"\"\"", Pattern.DOTALL);
  private static final String TRUTH = "mm-vet.json";
  private static final String VERSION = "v1_"; // before each id
  private static final int MAX_NEW_TOKENS = 1024;

  private final List<Question> questions;
  private final Path folder;

  /// @param folder `llava-mm-vet.jsonl`, `mm-vet.json`, `mm-vet_evaluator.ipynb`, `images`
  public MmVetTask(Path folder) {
    this.folder = folder;
    Path truth = folder.resolve(TRUTH);
    FILES.require(truth);
    Path images = folder.resolve("images");
    Path file = FILES.firstOf(folder.resolve("llava-mm-vet.jsonl"), truth);
    this.questions =
        TaskFiles.isLlavas(file) ? FILES.llavaQuestions(file, images) : siteQuestions(file, images);
    JsonNode labels = FILES.tree(truth);
    LabelCheck check = new LabelCheck(truth);
    check.requireCount("questions", questions.size(), labels.size());
    for (Question question : questions) {
      String id = VERSION + question.id();
      check.requireSame(question, label(labels, id), "question", "imagename", id);
    }
  }

  private JsonNode label(JsonNode labels, String id) {
    JsonNode label = labels.path(id);
    if (label.isMissingNode()) {
      throw new BadInputException(
          folder.resolve(TRUTH) + " has no " + id + "; questions and answers differ");
    }
    return label;
  }

  private static List<Question> siteQuestions(Path file, Path images) {
    List<Question> questions = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : FILES.tree(file).properties()) {
      int number = questions.size();
      String id = entry.getKey().replaceFirst("^" + VERSION, "");
      questions.add(
          Question.about(
              images.resolve(TaskFiles.field(entry.getValue(), "imagename", file, number)),
              number,
              String.valueOf(TaskFiles.whole(id, file, number)),
              true,
              TaskFiles.field(entry.getValue(), "question", file, number)));
    }
    return FILES.some(questions, file);
  }

  @Override
  public TaskName name() {
    return TaskName.MMVET;
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
  public List<Path> writeSubmission(List<Answer> answers, Path out) {
    return List.of(Submission.json(out.resolve("mmvet.json"), upload(answers)));
  }

  /// The input of the official grader: a map from `v1_<id>` to the answer.
  public static ObjectNode upload(List<Answer> answers) {
    ObjectNode upload = new JsonMapper().createObjectNode();
    answers.forEach(answer -> upload.put(VERSION + answer.id(), answer.text()));
    return upload;
  }

  @Override
  public String system() {
    return "";
  }

  /// The examples of the official notebook, and one more line.
  @Override
  public List<String> prompts(List<Answer> answers) {
    String examples = examples();
    JsonNode truth = FILES.tree(folder.resolve(TRUTH));
    List<String> prompts = new ArrayList<>();
    for (Answer answer : answers) {
      JsonNode entry = label(truth, VERSION + answer.id());
      Path file = folder.resolve(TRUTH);
      String id = VERSION + answer.id();
      String question = TaskFiles.field(entry, "question", file, id);
      String wanted =
          TaskFiles.field(entry, "answer", file, id)
              .replace("<AND>", " <AND> ")
              .replace("<OR>", " <OR> ");
      prompts.add(examples + "\n" + String.join(" | ", question, wanted, answer.text(), ""));
    }
    return prompts;
  }

  /// The right answers, with `<AND>` and `<OR>` unchanged.
  @Override
  public List<String> references() {
    JsonNode truth = FILES.tree(folder.resolve(TRUTH));
    return questions.stream()
        .map(question -> truth.path(VERSION + question.id()).path("answer").asString(""))
        .toList();
  }

  private String examples() {
    Path notebook = folder.resolve("mm-vet_evaluator.ipynb");
    for (JsonNode cell : FILES.tree(notebook).path("cells")) {
      StringBuilder source = new StringBuilder();
      cell.path("source").forEach(line -> source.append(line.asString("")));
      Matcher prompt = PROMPT.matcher(source);
      if (prompt.find()) {
        return prompt.group(1);
      }
    }
    throw new BadInputException(
        notebook + " contains no prompt for the judge; download MM-Vet's own notebook again");
  }

  /// Parses a rating: the first word is a number from 0 to 1.
  public static Optional<Double> parse(String verdict) {
    return Verdict.number(verdict.strip().split("\\s", -1)[0])
        .filter(score -> score >= 0 && score <= 1);
  }

  @Override
  public boolean isReadable(String verdict) {
    return parse(verdict).isPresent();
  }

  /// Means over all answers and over those of each capability, in percent.
  @Override
  public Score judged(Map<Integer, String> verdicts) {
    SequencedMap<String, Double> scores = new LinkedHashMap<>();
    new TreeMap<>(verdicts)
        .forEach((number, verdict) ->
            scores.put(questions.get(number).id(), parse(verdict).orElseThrow()));
    JsonNode truth = FILES.tree(folder.resolve(TRUTH));
    TreeMap<String, List<Double>> groups = new TreeMap<>();
    scores.forEach((id, score) -> {
      groups.computeIfAbsent("total", _ -> new ArrayList<>()).add(score);
      truth
          .path(VERSION + id)
          .path("capability")
          .forEach(capability ->
              groups.computeIfAbsent(capability.asString(""), _ -> new ArrayList<>()).add(score));
    });
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    groups.forEach((name, each) ->
        figures.put(
            name, 100 * each.stream().mapToDouble(Double::doubleValue).average().orElse(0)));
    return new Score(
        "total",
        figures.getOrDefault("total", 0.0),
        figures,
        scores.size() == questions.size() ? List.copyOf(scores.values()) : List.of(),
        List.of(Stratum.mean(100, List.copyOf(scores.values()))));
  }
}
