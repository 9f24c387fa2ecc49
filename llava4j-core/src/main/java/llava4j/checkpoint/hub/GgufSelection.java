package llava4j.checkpoint.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;

/// Selects the GGUF files of one model in a repository: a language model and its mmproj (vision)
/// file.
///
/// @param all every file of the repository
record GgufSelection(List<String> all) {
  private static final List<String> MODEL_KINDS =
      List.of("q4_k_m", "q4_k", "q4_0", "q5_k_m", "q8_0", "f16", "");
  private static final List<String> VISION_KINDS = List.of("f16", "bf16", "f32", "");
  private static final Pattern LATER_PART = Pattern.compile("-(\\d{5})-of-(\\d{5})\\.gguf$");

  /// The mmproj file and one language model: with the requested quantisation, or else with the
  /// smallest quantisation that has good quality.
  List<String> choose(Optional<String> quantisation) {
    List<String> models = all.stream().filter(this::isModel).sorted().toList();
    String model =
        quantisation
            .map(kind -> asked(models, kind))
            .orElseGet(() -> first(models, MODEL_KINDS).orElse(""));
    List<String> chosen = new ArrayList<>();
    first(all.stream().filter(this::isVision).sorted().toList(), VISION_KINDS)
        .ifPresent(chosen::add);
    if (!model.isEmpty()) {
      chosen.addAll(parts(model));
    }
    return chosen;
  }

  private String asked(List<String> models, String kind) {
    return first(models, List.of(kind.toLowerCase(Locale.ROOT)))
        .orElseThrow(() ->
            new BadInputException(
                "no GGUF file with the quantisation '"
                    + kind
                    + "' is in the repository; it has "
                    + (models.isEmpty() ? "none at all" : String.join(", ", models))));
  }

  /// The first file of the first existing kind. A kind has to match a whole word, so that `q4_k`
  /// does not match `q4_k_m`.
  private static Optional<String> first(List<String> names, List<String> kinds) {
    for (String kind : kinds) {
      Pattern word = Pattern.compile("(?<![a-z0-9])" + Pattern.quote(kind) + "(?![a-z0-9_])");
      for (String name : names) {
        if (kind.isEmpty() || word.matcher(name.toLowerCase(Locale.ROOT)).find()) {
          return Optional.of(name);
        }
      }
    }
    return Optional.empty();
  }

  /// A model that is split into `-00001-of-00003.gguf` and so on needs all parts.
  private List<String> parts(String model) {
    if (!LATER_PART.matcher(model).find()) {
      return List.of(model);
    }
    String stem = LATER_PART.matcher(model).replaceFirst("");
    return all.stream()
        .filter(name ->
            LATER_PART.matcher(name).find()
                && LATER_PART.matcher(name).replaceFirst("").equals(stem))
        .sorted()
        .toList();
  }

  private boolean isModel(String name) {
    return isGguf(name) && !isVision(name);
  }

  private boolean isVision(String name) {
    return isGguf(name) && name.toLowerCase(Locale.ROOT).contains("mmproj");
  }

  private static boolean isGguf(String name) {
    return !name.contains("/") && name.toLowerCase(Locale.ROOT).endsWith(".gguf");
  }
}
