package llava4j.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// One sample's JSON object (spec 6.1). Keys that are not known are left alone.
final class SampleJson {
  private SampleJson() {}

  static Sample parse(JsonNode node, Path file, int number) {
    JsonNode id = node.path("id");
    String name = id.isString() || id.isNumber() ? id.asString() : String.valueOf(number);
    JsonNode image = node.path("image");
    if (!image.isMissingNode() && !image.isNull() && !image.isString()) {
      throw wrong(file, number, name, "image is " + brief(image) + ", not a path");
    }
    JsonNode conversations = node.path("conversations");
    if (!conversations.isArray() || conversations.isEmpty()) {
      throw wrong(file, number, name, "conversations is missing or no list of turns");
    }
    List<Turn> turns = new ArrayList<>();
    for (JsonNode turn : conversations) {
      JsonNode value = turn.path("value");
      if (!value.isString() || !turn.path("from").isString()) {
        throw wrong(
            file, number, name, "turn " + (turns.size() + 1) + " lacks 'from' or 'value' as texts");
      }
      turns.add(new Turn(speaker(turn.path("from").asString()), value.asString()));
    }
    return new Sample(
        name, image.isString() ? Optional.of(image.asString()) : Optional.empty(), turns);
  }

  private static Speaker speaker(String from) {
    return switch (from.toLowerCase(Locale.ROOT)) {
      case "human" -> Speaker.HUMAN;
      case "gpt" -> Speaker.GPT;
      default -> Speaker.OTHER;
    };
  }

  private static String brief(JsonNode node) {
    String text = node.toString();
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }

  private static BadInputException wrong(Path file, int number, String id, String what) {
    return new BadInputException(
        file + ": sample " + number + " (id '" + id + "'): " + what + "; correct it");
  }
}
