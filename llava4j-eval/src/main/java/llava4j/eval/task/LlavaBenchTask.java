package llava4j.eval.task;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// LLaVA-Bench in the wild: 60 open questions about 24 images, judged by a language model against
/// GPT-4's answers (spec 7.3, `eval_gpt_review_bench.py`, `summarize_gpt_review.py`).
public final class LlavaBenchTask implements JudgedTask {
  private static final TaskFiles FILES =
      new TaskFiles("huggingface.co/datasets/liuhaotian/llava-bench-in-the-wild");
  private static final TaskFiles RULE_FILES =
      new TaskFiles("LLaVA's repository (llava/eval/table/rule.json)");
  private static final String CONTEXT = "context.jsonl";
  private static final String REFERENCES = "answers_gpt4.jsonl";
  private static final String RULES = "rule.json";
  private static final String RULE = "llava_bench_"; // before each category
  private static final double HIGHEST = 10; // score of a judge
  private static final int MAX_NEW_TOKENS = 1024;

  private final List<Question> questions;
  private final Path folder;

  /// The judge's two scores, from 1 to 10: the reference's and the model's.
  public record Scores(double reference, double candidate) {
    /// If the judge's first line cannot be parsed; the original includes these in the mean.
    public static final Scores UNREADABLE = new Scores(-1, -1);
  }

  /// One rating.
  ///
  /// @param category such as `llava_bench_conv`
  public record Review(String category, Scores scores) {}

  /// A line of the original's summary: candidate against reference in percent, and both times ten.
  public record Line(String category, double ratio, double reference, double candidate) {
    @Override
    public String toString() {
      return category + " " + ratio + " " + reference + " " + candidate;
    }
  }

  /// @param folder `questions.jsonl`, `context.jsonl`, `answers_gpt4.jsonl`, `images`, `rule.json`
  public LlavaBenchTask(Path folder) {
    this.folder = folder;
    this.questions =
        FILES.llavaQuestions(folder.resolve("questions.jsonl"), folder.resolve("images"));
    List<JsonNode> references = FILES.lines(folder.resolve(REFERENCES));
    LabelCheck check = new LabelCheck(folder.resolve(REFERENCES));
    check.requireCount("questions", questions.size(), references.size());
    for (Question question : questions) {
      JsonNode reference = references.get(question.number());
      String where = "row " + (question.number() + 1);
      String id = reference.path("question_id").asString(question.id());
      if (!id.equals(question.id())) {
        throw new BadInputException(
            folder.resolve(REFERENCES)
                + ", "
                + where
                + ", answers question "
                + id
                + ", but the question there is "
                + question.id()
                + "; download both again");
      }
      check.requireSameText(question, reference.path("prompt").asStringOpt(), where);
    }
  }

  @Override
  public TaskName name() {
    return TaskName.LLAVABENCH;
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
    return List.of();
  }

  @Override
  public String system() {
    return "You are a helpful and precise assistant for checking the quality of the answer.";
  }

  @Override
  public List<String> prompts(List<Answer> answers) {
    Map<String, List<String>> captions = new HashMap<>();
    Path context = folder.resolve(CONTEXT);
    int row = 0;
    for (JsonNode line : FILES.lines(context)) {
      List<String> parts = new ArrayList<>();
      if (line.path("caption").isArray()) {
        line.path("caption").forEach(part -> parts.add(part.asString("")));
      } else {
        parts.add(TaskFiles.field(line, "caption", context, row));
      }
      captions.put(TaskFiles.field(line, "image", context, row++), parts);
    }
    List<String> references = references();
    JsonNode rules = RULE_FILES.tree(folder.resolve(RULES));
    List<String> prompts = new ArrayList<>();
    for (Question question : questions) {
      JsonNode rule = rules.path(RULE + question.category());
      String image = Path.of(question.image().orElseThrow().name()).getFileName().toString();
      if (!rule.path("prompt").isString()
          || !rule.path("role").isString()
          || !captions.containsKey(image)) {
        throw new BadInputException(
            folder
                + " has no rule or no context for question "
                + question.id()
                + "; download its files again");
      }
      prompts.add(
          prompt(
              String.join("\n", captions.get(image)),
              question.text(),
              references.get(question.number()),
              answers.get(question.number()).text(),
              rule));
    }
    return prompts;
  }

  /// GPT-4's answers.
  @Override
  public List<String> references() {
    Path file = folder.resolve(REFERENCES);
    List<String> references = new ArrayList<>();
    for (JsonNode line : FILES.lines(file)) {
      references.add(TaskFiles.field(line, "text", file, references.size()));
    }
    return references;
  }

  private static String prompt(
      String context, String question, String reference, String candidate, JsonNode rule) {
    String role = rule.path("role").asString();
    return "[Context]\n"
        + context
        + "\n\n[Question]\n"
        + question
        + "\n\n["
        + role
        + " 1]\n"
        + reference
        + "\n\n[End of "
        + role
        + " 1]"
        + "\n\n["
        + role
        + " 2]\n"
        + candidate
        + "\n\n[End of "
        + role
        + " 2]"
        + "\n\n[System]\n"
        + rule.path("prompt").asString()
        + "\n\n";
  }

  /// Parses a rating: two numbers on the first line, with a blank or comma between them.
  public static Optional<Scores> parse(String verdict) {
    String[] parts = verdict.split("\n", -1)[0].replace(',', ' ').split(" ", -1);
    if (parts.length != 2) {
      return Optional.empty();
    }
    Optional<Double> reference = Verdict.number(parts[0]);
    Optional<Double> candidate = Verdict.number(parts[1]);
    return reference.isPresent() && candidate.isPresent()
        ? Optional.of(new Scores(reference.get(), candidate.get()))
        : Optional.empty();
  }

  @Override
  public boolean isReadable(String verdict) {
    return parse(verdict).isPresent();
  }

  /// The headline score is the ratio of the two scores.
  @Override
  public Score judged(Map<Integer, String> verdicts) {
    List<Review> reviews = new ArrayList<>();
    new TreeMap<>(verdicts)
        .forEach((number, verdict) ->
            reviews.add(
                new Review(RULE + questions.get(number).category(), parse(verdict).orElseThrow())));
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    summary(reviews).forEach(line -> figures.put(line.category(), line.ratio()));
    List<Double> references = reviews.stream().map(one -> one.scores().reference()).toList();
    List<Double> candidates = reviews.stream().map(one -> one.scores().candidate()).toList();
    return new Score(
        "all",
        figures.getOrDefault("all", 0.0),
        figures,
        reviews.size() == questions.size()
            ? candidates.stream().map(score -> Math.clamp(score / HIGHEST, 0, 1)).toList()
            : List.of(),
        List.of(new Stratum(100, candidates, references)));
  }

  /// The original's summary: all, then each category.
  public static List<Line> summary(List<Review> reviews) {
    SequencedMap<String, List<Scores>> groups = new LinkedHashMap<>();
    groups.put("all", new ArrayList<>());
    TreeMap<String, List<Scores>> byCategory = new TreeMap<>();
    for (Review review : reviews) {
      groups.get("all").add(review.scores());
      byCategory.computeIfAbsent(review.category(), _ -> new ArrayList<>()).add(review.scores());
    }
    groups.putAll(byCategory);
    List<Line> lines = new ArrayList<>();
    groups.forEach((category, scores) -> {
      double reference = rounded(mean(scores.stream().map(Scores::reference).toList()), 3);
      double candidate = rounded(mean(scores.stream().map(Scores::candidate).toList()), 3);
      lines.add(
          new Line(
              category,
              rounded(candidate / reference * 100, 1),
              rounded(reference * 10, 1),
              rounded(candidate * 10, 1)));
    });
    return lines;
  }

  private static double mean(List<Double> values) {
    return values.stream().reduce(0.0, Double::sum) / values.size();
  }

  /// Like Python's `round`: rounds the exact value of the double, ties to even.
  private static double rounded(double value, int digits) {
    if (!Double.isFinite(value)) {
      return value;
    }
    return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
  }
}
