package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.eval.metric.ChoiceLetters;
import llava4j.text.ResponseFormat;

/// MMBench and MMBench-CN: multiple choice, each question also with its options rotated (spec 7.3,
/// `model_vqa_mmbench`, `convert_mmbench_for_submission.py`).
public final class MmBenchTask implements Task {
  private static final TaskFiles FILES =
      new TaskFiles(
          "opencompass.org.cn/mmbench (mmbench_dev_20230712.tsv, mmbench_dev_cn_20231003.tsv)");
  private static final String LETTER_CN = "请直接回答选项字母。"; // ResponseFormat.LETTER in Chinese
  private static final List<String> OPTIONS = List.of("A", "B", "C", "D");
  private static final Set<String> LEFT_OUT =
      Set.of("hint", "category", "source", "image", "comment", "l2-category");
  private static final String IMAGE = "image";
  private static final int PREDICTION_COLUMN = 6;
  private static final long ROTATION = 1_000_000; // index = question + ROTATION * rotation
  private static final int MAX_NEW_TOKENS = 1024;

  private final TaskName name;
  private final List<String> columns;
  private final List<Map<String, String>> rows;
  private final List<Question> questions;

  /// @param name MMBENCH or MMBENCH_CN
  /// @param table tab-separated, images in base64
  public MmBenchTask(TaskName name, Path table) {
    this.name = name;
    FILES.require(table);
    TsvTable read = TsvTable.read(table, IMAGE);
    this.columns = read.columns();
    this.rows = read.rows();
    this.questions = new ArrayList<>();
    String suffix = name == TaskName.MMBENCH_CN ? LETTER_CN : ResponseFormat.LETTER.instruction();
    Map<String, QuestionImage> images = images(read, table);
    for (Map<String, String> row : rows) {
      String index = index(row, table);
      required(row, "question", table);
      questions.add(
          new Question(
              questions.size(),
              index,
              true,
              List.of(images.get(index)),
              prompt(row) + "\n" + suffix,
              row.getOrDefault("category", "")));
    }
    FILES.some(questions, table);
  }

  /// The image of each row, by index. Instead of an image, a row may have the index of another row.
  private static Map<String, QuestionImage> images(TsvTable read, Path table) {
    Map<String, QuestionImage> own = new LinkedHashMap<>();
    for (int i = 0; i < read.rows().size(); i++) {
      String index = index(read.rows().get(i), table);
      TsvTable.Field field =
          read.fields()
              .get(i)
              .orElseThrow(() ->
                  new BadInputException(
                      table + ", row with index " + index + ": no image; download the file again"));
      String name = table.getFileName() + " row " + index;
      if (own.put(index, new QuestionImage.InTable(name, table, field.offset(), field.length()))
          != null) {
        throw new BadInputException(
            table + " has the index " + index + " twice; download the file again");
      }
    }
    Map<String, QuestionImage> images = new HashMap<>(own);
    for (Map<String, String> row : read.rows()) {
      images.computeIfPresent(
          row.get("index"), (_, image) -> own.getOrDefault(row.get(IMAGE), image));
    }
    return images;
  }

  /// With the names that its files have in LLaVA's evaluation archive.
  public static MmBenchTask english(Path folder) {
    return new MmBenchTask(TaskName.MMBENCH, folder.resolve("mmbench_dev_20230712.tsv"));
  }

  /// With the names that its files have in LLaVA's evaluation archive.
  public static MmBenchTask chinese(Path folder) {
    return new MmBenchTask(TaskName.MMBENCH_CN, folder.resolve("mmbench_dev_cn_20231003.tsv"));
  }

  @Override
  public TaskName name() {
    return name;
  }

  @Override
  public List<Question> questions() {
    return questions;
  }

  /// The question without the suffix.
  @Override
  public String storedPrompt(Question question) {
    return prompt(rows.get(question.number()));
  }

  @Override
  public int maxNewTokens() {
    return MAX_NEW_TOKENS;
  }

  /// Hint, question and the options up to the first missing one.
  static String prompt(Map<String, String> row) {
    StringBuilder text = new StringBuilder();
    String hint = row.get("hint");
    if (isThere(hint)) {
      text.append(hint).append('\n');
    }
    text.append(row.get("question"));
    for (String option : OPTIONS) {
      if (!isThere(row.get(option))) {
        break;
      }
      text.append('\n').append(option).append(". ").append(row.get(option));
    }
    return text.toString();
  }

  /// As in the original: the values that pandas reads as missing, and `nan` and `none` in any case.
  static boolean isThere(String value) {
    return value != null
        && !TsvTable.isMissing(value)
        && !Set.of("nan", "none").contains(value.toLowerCase(Locale.ROOT));
  }

  /// One row for CircularEval.
  ///
  /// @param options in order; null if there is no such option
  public record Row(
      long index, List<String> options, String answer, String category, String group) {
    /// The number that all rotations of a question share.
    long question() {
      return index % ROTATION;
    }
  }

  /// In percent: questions that are right in all rotations, and rows of the first rotation that are
  /// right.
  public record Accuracy(double circular, double vanilla) {}

  /// CircularEval.
  ///
  /// @param choices letter by index; missing if the answer chose no option
  public static Accuracy accuracy(List<Row> rows, Map<Long, String> choices) {
    Map<Long, Boolean> all = new TreeMap<>();
    int first = 0;
    int firstRight = 0;
    for (Row row : rows) {
      boolean right = row.answer().equals(choices.get(row.index()));
      all.merge(row.question(), right, Boolean::logicalAnd);
      if (row.index() < ROTATION) {
        first++;
        firstRight += right ? 1 : 0;
      }
    }
    long circular = all.values().stream().filter(Boolean::booleanValue).count();
    return new Accuracy(100.0 * circular / all.size(), first == 0 ? 0 : 100.0 * firstRight / first);
  }

  /// The letter that each answer chose, by index.
  public static Map<Long, String> choices(List<Row> rows, List<Answer> answers) {
    Map<Long, List<String>> options = new HashMap<>();
    rows.forEach(row -> options.put(row.index(), row.options()));
    Map<Long, String> choices = new HashMap<>();
    for (Answer answer : answers) {
      long index = Long.parseLong(answer.id());
      ChoiceLetters.mmBench(answer.text(), options.getOrDefault(index, List.of()))
          .ifPresent(letter -> choices.put(index, letter));
    }
    return choices;
  }

  @Override
  public Optional<Score> score(List<Answer> answers) {
    if (!columns.contains("answer")) {
      return Optional.empty(); // the test split is scored by the server
    }
    List<Row> circular = rows.stream().map(MmBenchTask::row).toList();
    Map<Long, String> choices = choices(circular, answers);
    Accuracy whole = accuracy(circular, choices);
    SequencedMap<String, Double> figures = new LinkedHashMap<>();
    figures.put("CircularEval", whole.circular());
    figures.put("single pass", whole.vanilla());
    Map<String, List<Row>> byCategory = new TreeMap<>();
    circular.forEach(
        row -> byCategory.computeIfAbsent(row.category(), _ -> new ArrayList<>()).add(row));
    byCategory.forEach((category, own) -> {
      if (own.stream().anyMatch(row -> row.index() < ROTATION)) {
        figures.put(category, accuracy(own, choices).circular());
      }
    });
    List<Double> points = new ArrayList<>();
    for (Row row : circular) {
      points.add(row.answer().equals(choices.get(row.index())) ? 1.0 : 0.0);
    }
    Map<Long, Double> right = new TreeMap<>();
    for (int i = 0; i < points.size(); i++) {
      right.merge(circular.get(i).question(), points.get(i), Math::min);
    }
    return Optional.of(
        new Score(
            "CircularEval",
            whole.circular(),
            figures,
            points,
            List.of(Stratum.mean(100, List.copyOf(right.values())))));
  }

  @Override
  public List<String> rightAnswers() {
    return columns.contains("answer")
        ? rows.stream().map(MmBenchTask::right).toList()
        : List.of(); // only the server has the labels of the test split
  }

  private static String right(Map<String, String> row) {
    String letter = row.getOrDefault("answer", "");
    return isThere(row.get(letter)) ? letter + ". " + row.get(letter) : letter;
  }

  @Override
  public List<Path> writeSubmission(List<Answer> answers, Path folder) {
    return List.of(
        ExcelSheet.write(folder.resolve(name.word() + ".xlsx"), "Sheet1", sheet(answers)));
  }

  /// The sheet for the server: the table without hint, image and categories, with an additional
  /// column `prediction`. Null is an empty cell.
  public List<List<Object>> sheet(List<Answer> answers) {
    Map<String, String> texts = new HashMap<>();
    answers.forEach(answer -> texts.put(answer.id(), answer.text()));
    List<String> kept = columns.stream().filter(column -> !LEFT_OUT.contains(column)).toList();
    List<List<Object>> sheet = new ArrayList<>();
    List<Object> head = new ArrayList<>(kept);
    head.add(Math.min(PREDICTION_COLUMN, head.size()), "prediction");
    sheet.add(head);
    for (Map<String, String> row : rows) {
      List<Object> cells = new ArrayList<>();
      kept.forEach(column -> cells.add(cell(column, row.get(column))));
      String text = texts.get(row.get("index"));
      cells.add(
          Math.min(PREDICTION_COLUMN, cells.size()), text == null || text.isEmpty() ? null : text);
      sheet.add(cells);
    }
    return sheet;
  }

  /// Only the index is written as a number; an option that looks like a number stays a text.
  private static Object cell(String column, String value) {
    if (TsvTable.isMissing(value)) {
      return null;
    }
    return column.equals("index") ? (Object) Long.valueOf(value) : value;
  }

  private static Row row(Map<String, String> row) {
    return new Row(
        Long.parseLong(row.get("index")),
        Arrays.asList(
            OPTIONS.stream()
                .map(option -> isThere(row.get(option)) ? row.get(option) : null)
                .toArray(String[]::new)),
        row.get("answer"),
        row.getOrDefault("category", ""),
        row.getOrDefault("l2-category", ""));
  }

  private static String index(Map<String, String> row, Path table) {
    String index = required(row, "index", table);
    if (!index.matches("\\d{1,12}")) {
      throw new BadInputException(
          table + ": the index '" + index + "' is not a number; download the file again");
    }
    return index;
  }

  private static String required(Map<String, String> row, String column, Path table) {
    String value = row.get(column);
    if (value == null || value.isEmpty()) {
      throw new BadInputException(
          table
              + ", row with index "
              + row.get("index")
              + ": no '"
              + column
              + "'; download the file again");
    }
    return value;
  }
}
