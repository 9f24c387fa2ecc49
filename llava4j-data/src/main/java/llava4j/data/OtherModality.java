package llava4j.data;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// Finds samples about video, audio and other inputs that LLaVA-1.5 does not support. Training on
/// their text alone would teach it to answer about inputs that it does not get.
final class OtherModality {
  /// Keys used by data sets for models with more input types than images.
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

  /// A placeholder alone at the start or the end of a question, like `<image>`. Within a text the
  /// same characters may be HTML.
  private static final Pattern PLACEHOLDER =
      Pattern.compile(
          "\\A\\s*<(video|audio|sound|speech|point)>(?:\\s*\\n|\\s*\\z)"
              + "|(?:\\A|\\n)\\s*<(video|audio|sound|speech|point)>\\s*\\z");

  private OtherModality() {}

  /// A description of the sample's other input; empty for an ordinary sample.
  static Optional<String> find(JsonNode sample) {
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
