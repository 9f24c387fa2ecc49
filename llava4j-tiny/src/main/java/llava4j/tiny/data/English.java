package llava4j.tiny.data;

import java.util.List;
import java.util.Map;

/// The little English grammar that templates need.
final class English {
  private static final Map<String, String> IRREGULAR =
      Map.ofEntries(
          Map.entry("mouse", "mice"),
          Map.entry("goose", "geese"),
          Map.entry("sheep", "sheep"),
          Map.entry("deer", "deer"),
          Map.entry("moose", "moose"),
          Map.entry("bison", "bison"),
          Map.entry("fish", "fish"),
          Map.entry("squid", "squid"),
          Map.entry("shrimp", "shrimp"),
          Map.entry("wolf", "wolves"),
          Map.entry("leaf", "leaves"),
          Map.entry("knife", "knives"),
          Map.entry("scarf", "scarves"),
          Map.entry("potato", "potatoes"),
          Map.entry("tomato", "tomatoes"),
          Map.entry("mango", "mangoes"),
          Map.entry("mosquito", "mosquitoes"),
          Map.entry("volcano", "volcanoes"),
          Map.entry("tornado", "tornadoes"));
  private static final List<String> NUMBERS =
      List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

  private English() {}

  static String article(String noun) {
    boolean vowel = "aeio".indexOf(noun.charAt(0)) >= 0 || noun.startsWith("umb");
    return vowel ? "an" : "a";
  }

  static String plural(String noun) {
    String irregular = IRREGULAR.get(noun);
    if (irregular != null) {
      return irregular;
    }
    if (noun.matches(".*(s|x|ch|sh)")) {
      return noun + "es";
    }
    if (noun.matches(".*[^aeiou]y")) {
      return noun.substring(0, noun.length() - 1) + "ies";
    }
    return noun + "s";
  }

  /// A number below ten in words.
  static String number(int value) {
    return NUMBERS.get(value);
  }

  static String capitalized(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  /// `a, b and c`.
  static String list(List<String> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    return String.join(", ", parts.subList(0, parts.size() - 1)) + " and " + parts.getLast();
  }
}
