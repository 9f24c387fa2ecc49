package llava4j.tiny.data;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The questions of the small mixture that are asked, and answered, in another language.
public final class ForeignQuestions {
  private ForeignQuestions() {}

  /// All of them, without `<image>`.
  public static Set<String> all() {
    Set<String> questions = new LinkedHashSet<>();
    for (String line : Phrases.lines("languages.txt")) {
      List<String> parts = List.of(line.split("\\|", -1));
      questions.addAll(parts.subList(1, parts.size()));
    }
    return questions;
  }
}
