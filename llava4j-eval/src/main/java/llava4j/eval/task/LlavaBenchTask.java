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

/// LLaVA-Bench in the wild: 60 open questions about 24 pictures, judged by a language model against
/// GPT-4's answers (spec 7.3, `eval_gpt_review_bench.py`, `summarize_gpt_review.py`).
public final class LlavaBenchTask implements JudgedTask {
  private static final TaskFiles FILES =
      new TaskFiles("huggingface.co/datasets/liuhaotian/llava-bench-in-the-wild");
  private static final TaskFiles RULE_FILES =
      new TaskFiles("LLaVA's repository (llava/eval/table/rule.json)");
  private static final int MAX_NEW_TOKENS = 1024;

  private final List<Question> questions;
  private final Path folder;

  /// The judge's two scores, from 1 to 10: the reference's and the model's.
  public record Scores(double reference, double candidate) {
    /// Where the judge's first line is not understood; the original averages over these too.
    public static final Scores UNREADABLE = new Scores(-1, -1);
  }

  /// One verdict.
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
    for (JsonNode line : FILES.lines(folder.resolve("context.jsonl"))) {
      List<String> parts = new ArrayList<>();
      JsonNode caption = line.path("caption");
      if (caption.isArray()) {
        caption.forEach(part -> parts.add(part.asString()));
      } else {
        parts.add(caption.asString());
      }
      captions.put(line.path("image").asString(), parts);
    }
    List<JsonNode> references = FILES.lines(folder.resolve("answers_gpt4.jsonl"));
    JsonNode rules = RULE_FILES.tree(folder.resolve("rule.json"));
    List<String> prompts = new ArrayList<>();
    for (Question question : questions) {
      JsonNode rule = rules.path("llava_bench_" + question.category());
      String image = Path.of(question.image().orElseThrow().name()).getFileName().toString();
      if (rule.isMissingNode()
          || !captions.containsKey(image)
          || question.number() >= references.size()) {
        throw new BadInputException(
            folder
                + " lacks rule, context or reference for question "
                + question.id()
                + "; get its files again");
      }
      prompts.add(
          prompt(
              String.join("\n", captions.get(image)),
              question.text(),
              references.get(question.number()).path("text").asString(),
              answers.get(question.number()).text(),
              rule));
    }
    return prompts;
  }

  /// GPT-4's answers.
  @Override
  public List<String> references() {
    return FILES.lines(folder.resolve("answers_gpt4.jsonl")).stream()
        .map(line -> line.path("text").asString())
        .toList();
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

  /// Reads a verdict: two numbers on the first line, a blank or comma between them.
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

  /// The headline is the ratio of both scores.
  @Override
  public Score judged(Map<Integer, String> verdicts) {
    List<Review> reviews = new ArrayList<>();
    new TreeMap<>(verdicts)
        .forEach((number, verdict) ->
            reviews.add(
                new Review(
                    "llava_bench_" + questions.get(number).category(),
                    parse(verdict).orElseThrow())));
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    summary(reviews).forEach(line -> figures.put(line.category(), line.ratio()));
    return new Score("all", figures.getOrDefault("all", 0.0), figures, List.of());
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

  /// As Python's `round`: of the exact value of the double, ties to even.
  private static double rounded(double value, int digits) {
    if (!Double.isFinite(value)) {
      return value;
    }
    return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
  }
}
