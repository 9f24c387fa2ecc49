package llava4j.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llava4j.data.SampleFault.Kind;
import llava4j.data.Turn.Speaker;
import llava4j.error.BadInputException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Parses the JSON object of a sample (spec 6.1). Unknown keys are ignored.
final class SampleJson {
  private static final List<String> IMAGE_KEYS = List.of("image", "images");

  private SampleJson() {}

  /// A mapper that accepts what Python writes: NaN and Infinity, which are not valid JSON, in
  /// fields that are not used.
  static JsonMapper mapper() {
    return JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();
  }

  static Sample parse(JsonNode node, Path file, int number) {
    faults(node, number, 0).stream()
        .filter(fault -> !fault.kind().harmless())
        .findFirst()
        .ifPresent(fault -> {
          throw asException(file, fault);
        });
    List<Turn> turns = new ArrayList<>();
    for (JsonNode turn : node.path("conversations")) {
      turns.add(new Turn(speaker(turn.path("from").asString()), turn.path("value").asString()));
    }
    List<JsonNode> images = images(node);
    return new Sample(
        id(node, number),
        images.isEmpty() ? Optional.empty() : Optional.of(images.getFirst().asString()),
        turns);
  }

  /// All faults of an entry.
  ///
  /// @param at byte offset of the entry in its file
  static List<SampleFault> faults(JsonNode node, int number, long at) {
    String id = id(node, number);
    List<SampleFault> faults = new ArrayList<>();
    if (!node.isObject()) {
      faults.add(new SampleFault(number, id, at, Kind.NO_OBJECT, brief(node) + " is not a sample"));
      return faults;
    }
    if (!isId(node.path("id"))) {
      faults.add(new SampleFault(number, id, at, Kind.ID, "id is missing or is not a text"));
    }
    imageFault(node, number, id, at).ifPresent(faults::add);
    OtherModality.find(node)
        .ifPresent(what ->
            faults.add(
                new SampleFault(
                    number,
                    id,
                    at,
                    Kind.OTHER_MODALITY,
                    what + ", but only images are supported")));
    JsonNode conversations = node.path("conversations");
    if (!conversations.isArray() || conversations.isEmpty()) {
      String what = "conversations is missing or is not a list of turns";
      faults.add(new SampleFault(number, id, at, Kind.CONVERSATIONS, what));
      return faults;
    }
    for (int i = 0; i < conversations.size(); i++) {
      JsonNode turn = conversations.get(i);
      if (!turn.path("value").isString() || !turn.path("from").isString()) {
        String what = "turn " + (i + 1) + " has no text in 'from' or 'value'" + number(turn);
        faults.add(new SampleFault(number, id, at, Kind.TURN, what));
        break;
      }
    }
    return faults;
  }

  /// The values of the sample's image: none, a path, or something invalid. The elements of a list
  /// count separately; some programs write `images` instead of `image`.
  private static List<JsonNode> images(JsonNode node) {
    List<JsonNode> images = new ArrayList<>();
    for (String key : IMAGE_KEYS) {
      JsonNode value = node.path(key);
      if (value.isArray()) {
        value.forEach(images::add);
      } else if (!value.isMissingNode() && !value.isNull()) {
        images.add(value);
      }
    }
    return images;
  }

  private static Optional<SampleFault> imageFault(JsonNode node, int number, String id, long at) {
    List<JsonNode> images = images(node);
    Optional<JsonNode> wrong = images.stream().filter(image -> !image.isString()).findFirst();
    if (wrong.isPresent()) {
      String what =
          "image is "
              + brief(wrong.get())
              + ", not a path (use null for a sample without an image)";
      return Optional.of(new SampleFault(number, id, at, Kind.IMAGE, what));
    }
    if (images.size() > 1) {
      String what =
          "image lists "
              + images.size()
              + " images, but a sample can have only one; split the sample, or combine the images";
      return Optional.of(new SampleFault(number, id, at, Kind.SEVERAL_IMAGES, what));
    }
    return Optional.empty();
  }

  /// The error message for a run that cannot use the file.
  static BadInputException asException(Path file, SampleFault fault) {
    return new BadInputException(
        fault.kind() == Kind.NO_OBJECT
            ? file
                + ": sample "
                + fault.number()
                + " is not a JSON object; LLaVA's format is a list of objects"
            : file
                + ": sample "
                + fault.number()
                + " (id '"
                + fault.id()
                + "'): "
                + fault.what()
                + "; correct it, or remove it with 'llava data check --fix'");
  }

  private static String number(JsonNode turn) {
    return turn.path("value").isNumber() ? "; its value is " + brief(turn.path("value")) : "";
  }

  private static String id(JsonNode node, int number) {
    JsonNode id = node.path("id");
    return isId(id) ? id.asString() : String.valueOf(number);
  }

  private static boolean isId(JsonNode id) {
    return id.isString() || (id.isNumber() && Double.isFinite(id.asDouble()));
  }

  private static Speaker speaker(String from) {
    return switch (from.toLowerCase(Locale.ROOT)) {
      case "human" -> Speaker.HUMAN;
      case "gpt" -> Speaker.GPT;
      default -> Speaker.OTHER;
    };
  }

  /// The first characters of a value as they stand in the file.
  static String brief(JsonNode node) {
    String text = node.toString();
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }
}
