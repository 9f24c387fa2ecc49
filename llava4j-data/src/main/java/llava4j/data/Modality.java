package llava4j.data;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// Finds samples about what LLaVA-1.5 cannot see or hear. Their text alone would teach it to speak
/// about nothing.
final class Modality {
  /// Keys of data sets for models that take more than images.
  private static final List<String> KEYS =
      List.of(
          "video",
          "videos",
          "video_path",
          "audio",
          "audios",
          "audio_path",
          "sound",
          "speech",
          "point_cloud",
          "pointcloud");

  /// A placeholder stands alone at the start or the end of a question, as `<image>` does. Within
  /// text it may be somebody's HTML.
  private static final Pattern PLACEHOLDER =
      Pattern.compile(
          "\\A\\s*<(video|audio|sound|speech|point)>(?:\\s*\\n|\\s*\\z)"
              + "|(?:\\A|\\n)\\s*<(video|audio|sound|speech|point)>\\s*\\z");

  private Modality() {}

  /// What else than an image a sample is about, in words; empty for an ordinary one.
  static Optional<String> other(JsonNode sample) {
    for (String key : KEYS) {
      JsonNode value = sample.path(key);
      if (isThere(value)) {
        return Optional.of("it has the key '" + key + "' (" + SampleJson.brief(value) + ")");
      }
    }
    JsonNode turns = sample.path("conversations");
    for (int i = 0; i < turns.size(); i++) {
      JsonNode turn = turns.path(i);
      String text = turn.path("value").asString("");
      Matcher placeholder = PLACEHOLDER.matcher(text);
      if (!"gpt".equalsIgnoreCase(turn.path("from").asString("")) && placeholder.find()) {
        String name = placeholder.group(1) == null ? placeholder.group(2) : placeholder.group(1);
        if (!text.contains("</" + name + ">")) {
          return Optional.of("turn " + (i + 1) + " has the placeholder <" + name + ">");
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isThere(JsonNode value) {
    boolean absent =
        value.isMissingNode()
            || value.isNull()
            || (value.isString() && value.asString().isBlank())
            || (value.isBoolean() && !value.asBoolean())
            || (value.isNumber() && Double.isNaN(value.asDouble()))
            || (value.isContainer() && value.isEmpty());
    return !absent;
  }
}
