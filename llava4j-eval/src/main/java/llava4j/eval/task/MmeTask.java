package llava4j.eval.task;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;
import llava4j.eval.metric.PairedYesNo;
import llava4j.text.ResponseFormat;

/// MME: two yes-no questions about each image, fourteen tasks (spec 7.3, `convert_answer_to_mme.py`
/// and MME's `calculation.py`).
public final class MmeTask implements Task {
  /// Tasks whose scores add up to perception, the score in the paper.
  public static final List<String> PERCEPTION =
      List.of(
          "existence",
          "count",
          "position",
          "color",
          "posters",
          "celebrity",
          "scene",
          "landmark",
          "artwork",
          "OCR");

  /// Tasks whose scores add up to cognition.
  public static final List<String> COGNITION =
      List.of(
          "commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning");

  private static final TaskFiles FILES =
      new TaskFiles(
          "LLaVA's eval.zip and MME's release"
              + " (github.com/BradyFU/Awesome-Multimodal-Large-Language-Models)");
  private static final String ORIGINAL_SUFFIX = " Please answer yes or no.";
  private static final Pattern IMAGE = Pattern.compile("(?i).*\\.(jpe?g|png)");
  private static final double BEST = 200; // of a task
  private static final int MAX_NEW_TOKENS = 128;

  private final List<Question> questions;
  private final Path release;

  /// One answer and the right answer.
  ///
  /// @param file the image's file name in MME's tables
  public record Row(String task, String file, String question, String truth, String answer) {}

  /// A question id: the task and the image, which tell the table of the right answers.
  private record Subject(String task, String table) {
    static Subject of(String id) {
      int slash = id.indexOf('/');
      String file = id.substring(id.lastIndexOf('/') + 1);
      if (slash < 1 || file.indexOf('.') < 1) {
        throw new BadInputException(
            "MME's question id '"
                + id
                + "' does not have the form task/image.extension; download the questions again");
      }
      return new Subject(id.substring(0, slash), file.substring(0, file.indexOf('.')) + ".txt");
    }

    Path truth(Path release) {
      Path folder = release.resolve(task);
      Path nested = folder.resolve("questions_answers_YN");
      return (Files.isDirectory(nested) ? nested : folder).resolve(table);
    }
  }

  /// @param questions LLaVA's `llava_mme.jsonl`
  /// @param release folder `MME_Benchmark_release_version` with the images and right answers
  public MmeTask(Path questions, Path release) {
    this(FILES.llavaQuestions(questions, release), release);
  }

  private MmeTask(List<Question> questions, Path release) {
    this.questions = questions;
    this.release = release;
    questions.stream()
        .map(question -> Subject.of(question.id()))
        .collect(
            Collectors.groupingBy(subject -> subject, LinkedHashMap::new, Collectors.counting()))
        .forEach((subject, asked) -> {
          Path table = subject.truth(release);
          new LabelCheck(table)
              .requireCount("questions", Math.toIntExact(asked), truth(table).size());
        });
  }

  /// With the names that its files have in LLaVA's evaluation archive or in the release.
  public static MmeTask in(Path folder) {
    Path questions = folder.resolve("llava_mme.jsonl");
    Path release = folder.resolve("MME_Benchmark_release_version");
    return Files.isDirectory(release) && !Files.exists(questions)
        ? new MmeTask(siteQuestions(release), release)
        : new MmeTask(questions, release);
  }

  /// The tables of the release, image by image.
  private static List<Question> siteQuestions(Path release) {
    List<Question> questions = new ArrayList<>();
    for (Path task : FILES.inside(release)) {
      Path images = Files.isDirectory(task.resolve("images")) ? task.resolve("images") : task;
      List<Path> files = Files.isDirectory(images) ? FILES.inside(images) : List.of();
      for (Path image : files) {
        String id = release.relativize(image).toString().replace('\\', '/');
        if (!IMAGE.matcher(id).matches()) {
          continue;
        }
        truth(Subject.of(id).truth(release))
            .sequencedKeySet()
            .forEach(text ->
                questions.add(
                    Question.about(
                            image,
                            questions.size(),
                            id,
                            false,
                            text.replace(ORIGINAL_SUFFIX.strip(), "").strip()
                                + "\n"
                                + ResponseFormat.SHORT.instruction())
                        .in(task.getFileName().toString())));
      }
    }
    return FILES.some(questions, release);
  }

  @Override
  public TaskName name() {
    return TaskName.MME;
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
    List<Row> rows = rows(answers);
    List<Double> points = rows.stream().map(row -> isRight(row) ? 1.0 : 0.0).toList();
    return Optional.of(score(rows, points));
  }

  /// Scores of all tasks that occur.
  public static SequencedMap<String, PairedYesNo> tasks(List<Row> rows) {
    SequencedMap<String, List<Row>> byTask = new LinkedHashMap<>();
    for (Row row : rows) {
      byTask.computeIfAbsent(row.task(), _ -> new ArrayList<>()).add(row);
    }
    SequencedMap<String, PairedYesNo> scores = new LinkedHashMap<>();
    byTask.forEach((task, own) -> {
      for (int i = 0; i < own.size(); i += 2) {
        if (i + 1 == own.size() || !own.get(i).file().equals(own.get(i + 1).file())) {
          throw new BadInputException(
              "MME's task "
                  + task
                  + " has one answer about "
                  + own.get(i).file()
                  + "; there must be two neighbouring answers for each image");
        }
      }
      scores.put(task, PairedYesNo.of(own.stream().map(MmeTask::isRight).toList()));
    });
    return scores;
  }

  /// The sum over some tasks; a missing task counts 0.
  public static double sum(Map<String, PairedYesNo> tasks, List<String> names) {
    return names.stream()
        .filter(tasks::containsKey)
        .mapToDouble(task -> tasks.get(task).score())
        .sum();
  }

  private static Score score(List<Row> rows, List<Double> points) {
    SequencedMap<String, PairedYesNo> tasks = tasks(rows);
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    figures.put("perception", sum(tasks, PERCEPTION));
    figures.put("cognition", sum(tasks, COGNITION));
    tasks.forEach((task, score) -> figures.put(task, score.score()));
    return new Score("perception", figures.get("perception"), figures, points, strata(rows));
  }

  /// The images of each perception task: one point for two right answers, half a point for one.
  private static List<Stratum> strata(List<Row> rows) {
    List<Stratum> strata = new ArrayList<>();
    for (String task : PERCEPTION) {
      List<Boolean> right =
          rows.stream().filter(row -> row.task().equals(task)).map(MmeTask::isRight).toList();
      List<Double> images = new ArrayList<>();
      for (int i = 0; i < right.size(); i += 2) {
        images.add(PairedYesNo.of(right.subList(i, i + 2)).score() / 100);
      }
      if (!images.isEmpty()) {
        strata.add(Stratum.mean(100, images));
      }
    }
    return strata;
  }

  @Override
  public double best(String figure) {
    return switch (figure) {
      case "perception" -> BEST * PERCEPTION.size();
      case "cognition" -> BEST * COGNITION.size();
      default -> BEST;
    };
  }

  private static boolean isRight(Row row) {
    PairedYesNo.Reading truth = PairedYesNo.read(row.truth());
    return truth != PairedYesNo.Reading.OTHER && PairedYesNo.read(row.answer()) == truth;
  }

  /// Answers and right answers, in the order of the answers.
  public List<Row> rows(List<Answer> answers) {
    Map<Subject, Map<String, String>> truths = new HashMap<>();
    List<Row> rows = new ArrayList<>();
    for (Answer answer : answers) {
      Subject subject = Subject.of(answer.id());
      String prompt =
          answer.prompt().replace(ResponseFormat.SHORT.instruction(), "").strip() + ORIGINAL_SUFFIX;
      Map<String, String> truth =
          truths.computeIfAbsent(subject, _ -> truth(subject.truth(release)));
      String asked = truth.containsKey(prompt) ? prompt : withTwoBlanks(prompt);
      String label = truth.get(asked);
      if (label == null) {
        throw new BadInputException(
            "MME's "
                + subject.task()
                + "/"
                + subject.table()
                + " has no question '"
                + prompt
                + "'; questions and release differ");
      }
      rows.add(new Row(subject.task(), subject.table(), asked, label, answer.text()));
    }
    return rows;
  }

  @Override
  public List<String> rightAnswers() {
    return rows(
            questions.stream()
                .map(question -> new Answer(question.id(), storedPrompt(question), ""))
                .toList())
        .stream()
        .map(Row::truth)
        .toList();
  }

  /// Some tables have two blanks before the suffix.
  private static String withTwoBlanks(String prompt) {
    return prompt.replace(ORIGINAL_SUFFIX, " " + ORIGINAL_SUFFIX);
  }

  /// Question to answer, in the order of the table.
  private static SequencedMap<String, String> truth(Path file) {
    SequencedMap<String, String> truth = new LinkedHashMap<>();
    for (String line : FILES.text(file).split("\n", -1)) {
      String[] parts = line.strip().split("\t", -1);
      if (parts.length == 2) {
        truth.put(parts[0], parts[1]);
      }
    }
    return truth;
  }

  /// Tables as MME's `calculation.py` reads them.
  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    SequencedMap<String, StringBuilder> tables = new LinkedHashMap<>();
    for (Row row : rows(answers)) {
      tables
          .computeIfAbsent(row.task(), _ -> new StringBuilder())
          .append(String.join("\t", row.file(), row.question(), row.truth(), row.answer()))
          .append('\n');
    }
    List<Path> files = new ArrayList<>();
    tables.forEach((task, text) ->
        files.add(Submission.text(folder.resolve("mme").resolve(task + ".txt"), text.toString())));
    return files;
  }
}
