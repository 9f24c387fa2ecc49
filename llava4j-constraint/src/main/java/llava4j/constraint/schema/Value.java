package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.List;
import llava4j.constraint.regex.Regex;

/// All texts of the values that fulfil a set of terms.
final class Value {
  private final List<String> words = new ArrayList<>();
  private final List<ObjectPlan> objects = new ArrayList<>();
  private final List<ArrayPlan> arrays = new ArrayList<>();
  private Regex strings;
  private Regex numbers;
  private boolean productive;

  Value(Regex none) {
    this.strings = none;
    this.numbers = none;
  }

  /// `null`, `true` and `false`, as far as they are allowed.
  List<String> words() {
    return words;
  }

  Regex strings() {
    return strings;
  }

  Regex numbers() {
    return numbers;
  }

  List<ObjectPlan> objects() {
    return objects;
  }

  List<ArrayPlan> arrays() {
    return arrays;
  }

  void addString(Regex language) {
    strings = strings.pool().or(strings, language);
  }

  void addNumber(Regex language) {
    numbers = numbers.pool().or(numbers, language);
  }

  /// Whether a text is known to exist.
  boolean isProductive() {
    return productive;
  }

  /// Looks again whether a text exists; returns whether this is news.
  boolean becomesProductive() {
    if (!productive) {
      productive =
          !words.isEmpty()
              || strings.isLive()
              || numbers.isLive()
              || objects.stream().anyMatch(ObjectPlan::isProductive)
              || arrays.stream().anyMatch(ArrayPlan::isProductive);
      return productive;
    }
    return false;
  }
}
