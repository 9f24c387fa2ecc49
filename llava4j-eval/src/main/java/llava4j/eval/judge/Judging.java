package llava4j.eval.judge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.error.BadInputException;
import llava4j.eval.task.Answer;
import llava4j.eval.task.JudgedTask;
import llava4j.eval.task.Score;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Has a judge score a benchmark. Verdicts are written as they come, so a stopped run goes on; an
/// answer whose verdict stays unreadable is listed and has no score.
public final class Judging {
  private final JudgedTask task;
  private final Judge judge;
  private final Path reviews;
  private final int tries;

  /// What came of it.
  ///
  /// @param unjudged numbers of the questions without a readable verdict; the score leaves them out
  public record Result(Score score, List<Integer> unjudged) {}

  /// @param reviews file of the verdicts
  /// @param tries at a readable verdict, for each answer
  public Judging(JudgedTask task, Judge judge, Path reviews, int tries) {
    this.task = task;
    this.judge = judge;
    this.reviews = reviews;
    this.tries = tries;
  }

  /// Asks about what has no verdict yet.
  public Result judge(List<Answer> answers) {
    Map<Integer, String> verdicts = read();
    List<String> prompts = task.prompts(answers);
    List<Integer> unjudged = new ArrayList<>();
    for (int number = 0; number < prompts.size(); number++) {
      if (verdicts.containsKey(number)) {
        continue;
      }
      String verdict = ask(prompts.get(number));
      if (verdict == null) {
        unjudged.add(number);
      } else {
        verdicts.put(number, verdict);
        append(number, verdict);
      }
    }
    if (verdicts.isEmpty()) {
      throw new BadInputException(
          judge.name() + " gave no readable verdict on any of " + prompts.size() + " answers");
    }
    return new Result(task.judged(verdicts), unjudged);
  }

  /// A readable verdict, or null.
  private String ask(String prompt) {
    for (int i = 0; i < tries; i++) {
      try {
        String verdict = judge.ask(task.system(), prompt);
        if (task.isReadable(verdict)) {
          return verdict;
        }
      } catch (JudgeException e) {
        return null; // it was tried often enough
      }
    }
    return null;
  }

  private Map<Integer, String> read() {
    Map<Integer, String> verdicts = new LinkedHashMap<>();
    if (!Files.exists(reviews)) {
      return verdicts;
    }
    JsonMapper json = new JsonMapper();
    try {
      for (String line : Files.readAllLines(reviews)) {
        JsonNode node = json.readTree(line);
        if (!node.path("judge").asString("").equals(judge.name())) {
          throw new BadInputException(
              reviews
                  + " holds verdicts of "
                  + node.path("judge").asString("another judge")
                  + ", not of "
                  + judge.name()
                  + "; name another --out or remove the file");
        }
        verdicts.put(node.path("number").asInt(), node.path("verdict").asString());
      }
    } catch (IOException | JacksonException e) {
      throw new BadInputException(reviews + " cannot be read: " + e.getMessage(), e);
    }
    return verdicts;
  }

  private void append(int number, String verdict) {
    ObjectNode line = new JsonMapper().createObjectNode();
    line.put("number", number).put("judge", judge.name()).put("verdict", verdict);
    try {
      Files.createDirectories(reviews.toAbsolutePath().getParent());
      Files.writeString(reviews, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new BadInputException(reviews + " cannot be written: " + e.getMessage(), e);
    }
  }
}
