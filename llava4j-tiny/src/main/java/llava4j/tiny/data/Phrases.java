package llava4j.tiny.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// The wordings of questions and answers, from `phrases.txt`.
final class Phrases {
  private final Map<String, List<String>> byTask;

  private Phrases(Map<String, List<String>> byTask) {
    this.byTask = byTask;
  }

  static Phrases bundled() {
    Map<String, List<String>> byTask = new LinkedHashMap<>();
    List<String> current = new ArrayList<>();
    for (String line : lines("phrases.txt")) {
      if (line.startsWith("[")) {
        current = new ArrayList<>();
        byTask.put(line.substring(1, line.length() - 1), current);
      } else {
        current.add(line);
      }
    }
    return new Phrases(byTask);
  }

  /// One wording at random.
  ///
  /// @param values for the names in braces, name and value in turn
  String pick(String task, RandomGenerator random, String... values) {
    List<String> wordings = all(task);
    String text = wordings.get(random.nextInt(wordings.size()));
    for (int i = 0; i < values.length; i += 2) {
      text = text.replace("{" + values[i] + "}", values[i + 1]);
    }
    return text;
  }

  /// One wording about a thing.
  String about(String task, RandomGenerator random, Nameable thing, String... values) {
    return pick(task, random, values)
        .replace("{a}", thing.withArticle())
        .replace("{things}", thing.plurals())
        .replace("{thing}", thing.name());
  }

  List<String> all(String task) {
    List<String> wordings = byTask.get(task);
    if (wordings == null) {
      throw new IllegalArgumentException("phrases.txt has no [" + task + "]");
    }
    return wordings;
  }

  /// Lines of a bundled file that are no comments.
  static List<String> lines(String resource) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Phrases.class.getResourceAsStream(resource), StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
