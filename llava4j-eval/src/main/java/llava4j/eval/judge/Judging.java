package llava4j.eval.judge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import llava4j.error.BadInputException;
import llava4j.eval.task.Answer;
import llava4j.eval.task.CompleteLines;
import llava4j.eval.task.JudgedTask;
import llava4j.eval.task.Score;
import llava4j.io.Sha256;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Lets a judge score a benchmark. Ratings are written as they come, so a stopped run can be
/// resumed. An answer without a readable rating is listed and has no score. After several answers
/// in a row without a reply, the judge is not asked again.
public final class Judging {
  private static final String PROMPT = "prompt_sha256";
  private static final int SILENCES = 3;

  private final JudgedTask task;
  private final Judge judge;
  private final Path reviews;
  private final int tries;
  private final Duration pause;

  /// The result.
  ///
  /// @param unjudged numbers of the questions without a readable rating; they are not part of the
  ///   score
  public record Result(Score score, List<Integer> unjudged) {}

  /// @param reviews the file of the ratings
  /// @param tries per answer, to get a readable rating
  /// @param pause before the second try; doubles each time
  public Judging(JudgedTask task, Judge judge, Path reviews, int tries, Duration pause) {
    this.task = task;
    this.judge = judge;
    this.reviews = reviews;
    this.tries = tries;
    this.pause = pause;
  }

  /// Asks about the answers that have no rating yet.
  ///
  /// @param progress receives the number of finished answers
  public Result judge(List<Answer> answers, IntConsumer progress) {
    List<String> prompts = task.prompts(answers);
    Map<Integer, String> verdicts = read(prompts);
    List<Integer> unjudged = new ArrayList<>();
    int silences = 0;
    String reason = "";
    for (int number = 0; number < prompts.size(); number++) {
      progress.accept(number);
      if (verdicts.containsKey(number)) {
        continue;
      }
      Optional<String> verdict = Optional.empty();
      if (silences < SILENCES) {
        try {
          verdict = ask(prompts.get(number));
          silences = 0;
        } catch (JudgeException e) {
          silences++;
          reason = " (" + e.getMessage() + ")";
        }
      }
      if (verdict.isEmpty()) {
        unjudged.add(number);
      } else {
        verdicts.put(number, verdict.get());
        append(number, prompts.get(number), verdict.get());
      }
    }
    progress.accept(prompts.size());
    if (verdicts.isEmpty()) {
      throw new BadInputException(
          judge.name()
              + " gave no readable rating for any of "
              + prompts.size()
              + " answers"
              + reason);
    }
    return new Result(task.judged(verdicts), unjudged);
  }

  /// A readable rating, or empty after several tries.
  ///
  /// @throws JudgeException if there is no reply; the judge has repeated the request itself
  private Optional<String> ask(String prompt) {
    Duration wait = pause;
    for (int i = 0; i < tries; i++) {
      try {
        if (i > 0) {
          TimeUnit.MILLISECONDS.sleep(wait.toMillis());
          wait = wait.multipliedBy(2);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new JudgeException("interrupted while asking the judge", e);
      }
      String verdict = judge.ask(task.system(), prompt);
      if (task.isReadable(verdict)) {
        return Optional.of(verdict);
      }
    }
    return Optional.empty();
  }

  private Map<Integer, String> read(List<String> prompts) {
    Map<Integer, String> verdicts = new LinkedHashMap<>();
    JsonMapper json = new JsonMapper();
    int row = 0;
    for (String line : CompleteLines.read(reviews)) {
      row++;
      try {
        JsonNode node = json.readTree(line);
        if (!node.path("judge").asString("").equals(judge.name())) {
          throw new BadInputException(
              reviews
                  + " contains ratings of "
                  + node.path("judge").asString("another judge")
                  + ", not of "
                  + judge.name()
                  + "; use another --out folder or remove the file");
        }
        int number = node.path("number").asInt(-1);
        String verdict = node.path("verdict").asString("");
        if (number < 0 || number >= prompts.size() || !task.isReadable(verdict)) {
          throw new BadInputException(
              reviews
                  + ", line "
                  + row
                  + " has no readable rating; remove the line, and the judge is asked"
                  + " again");
        }
        if (!node.path(PROMPT).asString("").equals(Sha256.of(prompts.get(number)))) {
          throw new BadInputException(
              reviews
                  + ", line "
                  + row
                  + " rates another answer than the current one to question "
                  + task.questions().get(number).id()
                  + "; remove the line, and the judge is asked again");
        }
        verdicts.put(number, verdict);
      } catch (JacksonException e) {
        throw new BadInputException(
            reviews
                + ", line "
                + row
                + " is not JSON; remove the line, and the judge is asked again",
            e);
      }
    }
    return verdicts;
  }

  private void append(int number, String prompt, String verdict) {
    ObjectNode line = new JsonMapper().createObjectNode();
    line.put("number", number).put("judge", judge.name()).put(PROMPT, Sha256.of(prompt));
    line.put("verdict", verdict);
    try {
      Files.createDirectories(reviews.toAbsolutePath().getParent());
      Files.writeString(reviews, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new BadInputException(reviews + " cannot be written: " + e.getMessage(), e);
    }
  }
}
