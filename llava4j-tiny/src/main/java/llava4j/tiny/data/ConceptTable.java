package llava4j.tiny.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads what can be drawn: our list of concepts, joined to the emoji that show them and to their
/// names in other languages.
final class ConceptTable {
  static final List<String> LANGUAGES = List.of("de", "fr", "es", "it", "pt", "nl");
  private static final String VARIATION_SELECTOR = "\uFE0F";

  private final JsonMapper json = new JsonMapper();
  private final Map<String, Emoji> byShortName = new HashMap<>();
  private final Map<String, JsonNode> names = new LinkedHashMap<>();

  /// @param text the emoji itself
  private record Emoji(String code, String text, Set<String> slugs) {}

  /// @param emoji folder of the unpacked emoji data
  /// @param annotations folder of the unpacked names
  ConceptTable(Path emoji, Path annotations) {
    List<String> languages = new ArrayList<>(LANGUAGES);
    languages.add("en");
    for (String language : languages) {
      Path file = annotations.resolve("package/annotations/" + language + "/annotations.json");
      names.put(language, read(file).path("annotations").path("annotations"));
    }
    for (JsonNode node : read(emoji.resolve("package/emoji.json"))) {
      String image = node.path("image").asString();
      String text = text(node.path("unified").asString());
      Set<String> slugs = new LinkedHashSet<>();
      slugs.add(slug(name("en", text)));
      slugs.add(slug(node.path("name").asString()));
      for (JsonNode shortName : node.path("short_names")) {
        slugs.add(slug(shortName.asString()));
      }
      slugs.remove("");
      Emoji one = new Emoji(image.replace(".png", ""), text, slugs);
      node.path("short_names").forEach(shortName -> byShortName.put(shortName.asString(), one));
    }
  }

  /// All concepts, in the order of the list.
  List<Concept> concepts() {
    List<Concept> concepts = new ArrayList<>();
    for (String line : Phrases.lines("concepts.txt")) {
      String category = line.substring(0, line.indexOf(':'));
      for (String item : line.substring(line.indexOf(':') + 1).strip().split(" ", -1)) {
        concepts.add(concept(category, item));
      }
    }
    return concepts;
  }

  private Concept concept(String category, String item) {
    int equals = item.indexOf('=');
    String word = equals < 0 ? item : item.substring(0, equals);
    Noun noun = word.endsWith("*") ? Noun.PLURAL : word.endsWith("~") ? Noun.MASS : Noun.COUNTED;
    word = word.replaceAll("[*~]", "");
    List<Emoji> emoji = new ArrayList<>();
    for (String shortName : (equals < 0 ? word : item.substring(equals + 1)).split(",", -1)) {
      Emoji found = byShortName.get(shortName);
      if (found == null) {
        throw new IllegalStateException("concepts.txt: no emoji is called " + shortName);
      }
      emoji.add(found);
    }
    String name = word.replace('_', ' ');
    Set<String> slugs = new LinkedHashSet<>(List.of(slug(name)));
    emoji.forEach(one -> slugs.addAll(one.slugs()));
    return new Concept(
        name,
        noun,
        category,
        emoji.stream().map(Emoji::code).toList(),
        slugs,
        translations(name, emoji.getFirst().text()));
  }

  /// Names elsewhere, if the English one is the concept's own: a 'dog face' is called otherwise.
  private Map<String, String> translations(String name, String text) {
    Map<String, String> translations = new LinkedHashMap<>();
    if (name("en", text).equals(name)) {
      for (String language : LANGUAGES) {
        String translated = name(language, text);
        if (!translated.isEmpty()) {
          translations.put(language, translated);
        }
      }
    }
    return translations;
  }

  private String name(String language, String text) {
    JsonNode entry = names.get(language).path(text);
    if (entry.isMissingNode()) {
      entry = names.get(language).path(text.replace(VARIATION_SELECTOR, ""));
    }
    return entry.path("tts").path(0).asString("");
  }

  private static String text(String unified) {
    StringBuilder text = new StringBuilder();
    for (String code : unified.split("-", -1)) {
      text.appendCodePoint(Integer.parseInt(code, 16));
    }
    return text.toString();
  }

  static String slug(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  private JsonNode read(Path file) {
    try {
      return json.readTree(file);
    } catch (tools.jackson.core.JacksonException e) {
      throw new BadInputException(
          file + " cannot be read: " + e.getOriginalMessage() + "; delete the unpacked folder", e);
    }
  }
}
