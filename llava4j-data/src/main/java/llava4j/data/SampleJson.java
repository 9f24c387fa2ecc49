package llava4j.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.data.SampleFault.Kind;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// One sample's JSON object (spec 6.1). Keys that are not known are left alone.
final class SampleJson {
  private SampleJson() {}

  static Sample parse(JsonNode node, Path file, int number) {
    faults(node, number, 0).stream()
        .filter(fault -> !fault.kind().harmless())
        .findFirst()
        .ifPresent(fault -> {
          throw refusal(file, fault);
        });
    List<Turn> turns = new ArrayList<>();
    for (JsonNode turn : node.path("conversations")) {
      turns.add(new Turn(speaker(turn.path("from").asString()), turn.path("value").asString()));
    }
    JsonNode image = node.path("image");
    return new Sample(
        id(node, number),
        image.isString() ? Optional.of(image.asString()) : Optional.empty(),
        turns);
  }

  /// Everything that is wrong with an entry.
  ///
  /// @param at where it begins in its file
  static List<SampleFault> faults(JsonNode node, int number, long at) {
    String id = id(node, number);
    List<SampleFault> faults = new ArrayList<>();
    if (!node.isObject()) {
      faults.add(new SampleFault(number, id, at, Kind.NO_OBJECT, brief(node) + " is no sample"));
      return faults;
    }
    if (!isId(node.path("id"))) {
      faults.add(new SampleFault(number, id, at, Kind.ID, "id is missing or no text"));
    }
    JsonNode image = node.path("image");
    if (!image.isMissingNode() && !image.isNull() && !image.isString()) {
      String what = "image is " + brief(image) + ", not a path";
      faults.add(new SampleFault(number, id, at, Kind.IMAGE, what));
    }
    JsonNode conversations = node.path("conversations");
    if (!conversations.isArray() || conversations.isEmpty()) {
      String what = "conversations is missing or no list of turns";
      faults.add(new SampleFault(number, id, at, Kind.CONVERSATIONS, what));
      return faults;
    }
    for (int i = 0; i < conversations.size(); i++) {
      JsonNode turn = conversations.get(i);
      if (!turn.path("value").isString() || !turn.path("from").isString()) {
        String what = "turn " + (i + 1) + " lacks 'from' or 'value' as texts";
        faults.add(new SampleFault(number, id, at, Kind.TURN, what));
        break;
      }
    }
    return faults;
  }

  /// The sentence for a run that cannot use the file.
  static BadInputException refusal(Path file, SampleFault fault) {
    return new BadInputException(
        fault.kind() == Kind.NO_OBJECT
            ? file
                + ": sample "
                + fault.number()
                + " is no JSON object; LLaVA's format is a list of objects"
            : file
                + ": sample "
                + fault.number()
                + " (id '"
                + fault.id()
                + "'): "
                + fault.what()
                + "; correct it");
  }

  private static String id(JsonNode node, int number) {
    JsonNode id = node.path("id");
    return isId(id) ? id.asString() : String.valueOf(number);
  }

  private static boolean isId(JsonNode id) {
    return id.isString() || id.isNumber();
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
}
