package llava4j.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The kinds of held-out questions: the form of the answer and how it is scored.
enum HeldOutKind {
  /// In a word or phrase.
  SHORT(List.of("vqa", "count", "word", "digits", "short")),
  /// In a word of another language.
  WORD(List.of("language")),
  /// `A` to `D`.
  LETTER(List.of("choice")),
  YES_NO(List.of("yesno")),
  /// A sentence that names the thing.
  SENTENCE(List.of("free")),
  JSON(List.of("json")),
  /// A box; right if the intersection over union is at least one half.
  BOX(List.of("box"));

  private static final int LONGEST_PHRASE = 3; // words
  private static final double ENOUGH_OVERLAP = 0.5;
  private static final String NUMBER = "(\\d(?:\\.\\d+)?)";
  private static final String COORDINATES =
      "\\[" + NUMBER + ", ?" + NUMBER + ", ?" + NUMBER + ", ?" + NUMBER + "\\]";

  private final String tasks;

  HeldOutKind(List<String> tasks) {
    this.tasks = " " + String.join(" ", tasks) + " ";
  }

  /// The kind of a task in the file.
  static HeldOutKind of(String task, Path file) {
    for (HeldOutKind kind : values()) {
      if (kind.tasks.contains(" " + task + " ")) {
        return kind;
      }
    }
    throw new BadInputException(
        file + " names the task '" + task + "', which is unknown; build it again");
  }

  /// Whether an answer is right.
  boolean isRight(String answer, String truth) {
    return switch (this) {
      case SHORT, WORD, LETTER, YES_NO -> plain(answer).equals(plain(truth));
      case SENTENCE -> (" " + words(answer) + " ").contains(" " + words(truth) + " ");
      case JSON -> json(answer).map(found -> found.equals(json(truth).orElseThrow())).orElse(false);
      case BOX -> overlap(box(answer), box(truth)) > ENOUGH_OVERLAP;
    };
  }

  /// Whether an answer has the requested form.
  boolean keepsFormat(String answer) {
    String stripped = answer.strip();
    int words = stripped.split("\\s+", -1).length;
    return switch (this) {
      case SHORT -> !stripped.isEmpty() && words <= LONGEST_PHRASE && !stripped.endsWith(".");
      case WORD -> !stripped.isEmpty() && words <= LONGEST_PHRASE + 1;
      case LETTER -> stripped.matches("[A-D]");
      case YES_NO -> stripped.matches("Yes|No");
      case SENTENCE -> words >= LONGEST_PHRASE && stripped.endsWith(".");
      case JSON -> json(stripped).isPresent();
      case BOX -> stripped.matches(COORDINATES);
    };
  }

  private static String plain(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  private static String words(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
  }

  private static Optional<JsonNode> json(String text) {
    try {
      JsonNode node = new JsonMapper().readTree(text);
      return node.isObject() ? Optional.of(node) : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  private static List<Double> box(String text) {
    Matcher matcher = Pattern.compile(COORDINATES).matcher(text);
    List<Double> box = new ArrayList<>();
    if (matcher.find()) {
      for (int i = 1; i <= matcher.groupCount(); i++) {
        box.add(Double.parseDouble(matcher.group(i)));
      }
    }
    return box;
  }

  /// Intersection over union of two boxes; 0 if one of the texts is not a box.
  private static double overlap(List<Double> one, List<Double> other) {
    if (one.isEmpty() || other.isEmpty()) {
      return 0;
    }
    double width = Math.min(one.get(2), other.get(2)) - Math.max(one.get(0), other.get(0));
    double height = Math.min(one.get(3), other.get(3)) - Math.max(one.get(1), other.get(1));
    double common = Math.max(0, width) * Math.max(0, height);
    double both = area(one) + area(other) - common;
    return both <= 0 ? 0 : common / both;
  }

  private static double area(List<Double> box) {
    return Math.max(0, box.get(2) - box.get(0)) * Math.max(0, box.get(3) - box.get(1));
  }
}
