package llava4j.tiny.data;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Something that can be drawn and named.
///
/// @param name in English
/// @param category the kind of thing, one word
/// @param codes emoji that show it, by file name without ending
/// @param slugs names that icon sets give it, letters and digits only
/// @param names in other languages, by code
record Concept(
    String name,
    Noun noun,
    String category,
    List<String> codes,
    Set<String> slugs,
    Map<String, String> names)
    implements Nameable {

  /// Code of a language that names it, if one does.
  Optional<String> anyLanguage(RandomGenerator random) {
    List<String> languages = names.keySet().stream().sorted().toList();
    return languages.isEmpty()
        ? Optional.empty()
        : Optional.of(languages.get(random.nextInt(languages.size())));
  }

  /// One concept in ten is never trained on; which ones depends on the name alone.
  boolean heldOut() {
    return Hashing.share(name, "concept") < 0.1;
  }
}
