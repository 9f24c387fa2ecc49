package llava4j.eval;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.error.BadInputException;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;
import llava4j.eval.task.Task;
import llava4j.io.FolderLock;

/// Asks a benchmark's questions and writes each answer as soon as it is known. If it is killed, the
/// next run resumes without losing an answer or asking twice.
public final class EvalRun {
  private final Task task;
  private final RunSettings settings;
  private final Path folder;
  private final Shard shard;
  private final int batch;

  /// Receives the progress of the run.
  @FunctionalInterface
  public interface Progress {
    void onAnswers(int done, int total);
  }

  /// @param folder of the results
  /// @param batch number of questions per batch
  public EvalRun(Task task, RunSettings settings, Path folder, Shard shard, int batch) {
    if (batch < 1) {
      throw new BadInputException("batch is " + batch + "; it must be at least 1");
    }
    this.task = task;
    this.settings = settings;
    this.folder = folder;
    this.shard = shard;
    this.batch = batch;
  }

  /// Makes a folder of results this run's own, for as long as it writes there. Shards may be asked
  /// side by side.
  ///
  /// @throws BadInputException if another run has the folder, or it cannot be written
  public static FolderLock lock(Path folder, Shard shard) {
    return FolderLock.take(folder, "." + shard.fileName("eval").replaceFirst("jsonl$", "lock"));
  }

  /// Asks the questions that have no answer yet.
  ///
  /// @return the shard's answers by number of the question, in order
  public Map<Integer, Answer> run(Answerer answerer, Progress progress) {
    AnswerFile file = file(task, folder, settings, shard);
    requireSameSettings();
    Map<Integer, Answer> answers = file.open();
    List<Question> own =
        task.questions().stream()
            .filter(question -> shard.has(question.number(), task.questions().size()))
            .toList();
    requireOurs(answers, file);
    List<Question> open =
        own.stream().filter(question -> !answers.containsKey(question.number())).toList();
    List<Question> ordered = neighbours(open);
    progress.onAnswers(answers.size(), own.size());
    for (int start = 0; start < ordered.size(); start += batch) {
      List<Question> some = ordered.subList(start, Math.min(start + batch, ordered.size()));
      List<String> texts = answerer.answer(some);
      Map<Integer, Answer> fresh = new LinkedHashMap<>();
      for (int i = 0; i < some.size(); i++) {
        Question question = some.get(i);
        fresh.put(
            question.number(),
            new Answer(question.id(), task.storedPrompt(question), texts.get(i)));
      }
      file.append(fresh);
      answers.putAll(fresh);
      progress.onAnswers(answers.size(), own.size());
    }
    file.rewrite(answers);
    return answers;
  }

  /// All answers, combined from all shards if there are several.
  ///
  /// @return one for each question, in order
  public static List<Answer> collect(Task task, Path folder, RunSettings settings, int shards) {
    Map<Integer, Answer> all = new HashMap<>();
    for (int i = 0; i < shards; i++) {
      AnswerFile file = file(task, folder, settings, new Shard(i, shards));
      if (!Files.exists(file.path())) {
        throw new BadInputException(file.path() + " is missing; run shard " + i + "/" + shards);
      }
      all.putAll(file.open());
    }
    List<Answer> answers = new ArrayList<>();
    for (Question question : task.questions()) {
      Answer answer = all.get(question.number());
      if (answer == null || !answer.id().equals(question.id())) {
        throw new BadInputException(
            folder
                + " has no answer to question "
                + question.id()
                + " of "
                + task.name().word()
                + "; run it again to resume");
      }
      answers.add(answer);
    }
    if (shards > 1) {
      file(task, folder, settings, Shard.whole()).rewrite(all);
      SettingsFile.write(settings, settingsFile(task, folder, Shard.whole()));
    }
    return answers;
  }

  /// The settings of the answers to this benchmark in a folder.
  ///
  /// @param shards number of shards; all must have the same settings
  public static RunSettings settingsIn(Path folder, Task task, int shards) {
    RunSettings settings = null;
    for (int i = 0; i < shards; i++) {
      Path file = settingsFile(task, folder, new Shard(i, shards));
      if (!Files.exists(file)) {
        throw new BadInputException(
            file
                + " is missing; "
                + (shards == 1
                    ? folder + " contains no answers to " + task.name().word()
                    : "run shard " + i + "/" + shards));
      }
      RunSettings own = SettingsFile.read(file);
      settings = settings == null ? own : settings;
      requireSame(own, settings, file, "those of the other shards; run this shard again");
    }
    if (!settings.questions().equals(RunSettings.fingerprint(task.questions()))) {
      throw new BadInputException(
          folder
              + " contains answers to other questions of "
              + task.name().title()
              + "; use the same benchmark files as in that run");
    }
    return settings;
  }

  private static void requireSame(RunSettings one, RunSettings other, Path file, String whose) {
    List<String> differences = one.differences(other);
    if (!differences.isEmpty()) {
      throw new BadInputException(
          file + " differs (" + String.join("; ", differences) + ") from " + whose);
    }
  }

  private static Path settingsFile(Task task, Path folder, Shard shard) {
    return folder.resolve(shard.fileName(task.name().word()).replaceFirst("jsonl$", "run.json"));
  }

  private static AnswerFile file(Task task, Path folder, RunSettings settings, Shard shard) {
    return new AnswerFile(
        folder.resolve(shard.fileName(task.name().word())),
        number -> number < task.questions().size() && task.questions().get(number).numeric(),
        settings.asked());
  }

  /// The order of questions: those about the same image are next to each other, and short questions
  /// come first, so that batches need little padding.
  private static List<Question> neighbours(List<Question> questions) {
    Map<String, List<Question>> byImage = new LinkedHashMap<>();
    for (Question question : questions) {
      String image = question.image().map(QuestionImage::name).orElse("");
      byImage.computeIfAbsent(image, _ -> new ArrayList<>()).add(question);
    }
    List<List<Question>> groups = new ArrayList<>(byImage.values());
    Comparator<Question> length = Comparator.comparingInt(question -> question.text().length());
    groups.forEach(group -> group.sort(length.thenComparingInt(Question::number)));
    groups.sort(Comparator.comparing(List::getFirst, length.thenComparingInt(Question::number)));
    return groups.stream().flatMap(List::stream).toList();
  }

  private void requireOurs(Map<Integer, Answer> answers, AnswerFile file) {
    answers.forEach((number, answer) -> {
      if (number >= task.questions().size()
          || !task.questions().get(number).id().equals(answer.id())) {
        throw new BadInputException(
            file.path()
                + " has an answer to question "
                + answer.id()
                + ", which is not number "
                + number
                + " of this benchmark; the file belongs to another benchmark");
      }
    });
  }

  /// Refuses to mix these answers with answers of another model or to other questions.
  private void requireSameSettings() {
    Path file = settingsFile(task, folder, shard);
    if (Files.exists(file)) {
      List<String> differences = settings.differences(SettingsFile.read(file));
      if (!differences.isEmpty()) {
        throw new BadInputException(
            folder
                + " contains answers of another run ("
                + String.join("; ", differences)
                + "); use another --out folder");
      }
    } else if (Files.exists(folder.resolve(shard.fileName(task.name().word())))) {
      throw new BadInputException(
          file
              + " is missing, so it is unknown which model gave the answers in this folder; "
              + SettingsFile.STARTING_ANEW);
    } else {
      SettingsFile.write(settings, file);
    }
  }
}
