package llava4j.server.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llava4j.image.ImageSource;
import llava4j.server.engine.Question.Turn;
import llava4j.server.request.Fields;
import llava4j.server.request.Refusal;
import tools.jackson.databind.JsonNode;

/// Reads `messages`. The images of a message come before its text, as in LLaVA's training.
final class MessageReader {
  private final int mostImages;
  private final boolean allowUrls;

  /// @param mostImages of one request
  /// @param allowUrls whether images may come from http and https addresses
  MessageReader(int mostImages, boolean allowUrls) {
    this.mostImages = mostImages;
    this.allowUrls = allowUrls;
  }

  /// @param system the texts of all system messages; empty if there are none
  record Messages(List<Turn> turns, Optional<String> system) {}

  Messages read(List<JsonNode> list, Fields body) {
    if (list.isEmpty()) {
      throw body.any("messages").isEmpty()
          ? body.missing("messages")
          : Refusal.badField("messages", "messages is empty; give at least one of the user");
    }
    List<String> system = new ArrayList<>();
    List<Turn> turns = new ArrayList<>();
    int images = 0;
    for (int i = 0; i < list.size(); i++) {
      String path = "messages[" + i + "]";
      Fields message = Fields.of(list.get(i), path);
      String role = message.requiredText("role");
      Content content = content(message, path, role);
      images += content.images().size();
      requireImages(images);
      switch (role) {
        case "system", "developer" -> {
          if (!turns.isEmpty()) {
            throw Refusal.badField(
                path + ".role", path + " is of the system, but comes late; put it first");
          }
          system.add(content.text());
        }
        case "user" -> {
          requireAlternating(turns.size() % 2 == 0, path, "user");
          turns.add(new Turn.User(content.text(), content.images()));
        }
        case "assistant" -> {
          requireAlternating(turns.size() % 2 == 1, path, "assistant");
          turns.add(new Turn.Assistant(content.text()));
        }
        case "tool", "function" ->
            throw Refusal.badField(
                path + ".role", path + " is of a tool, and there are no tools; leave it out");
        default ->
            throw Refusal.badField(
                path + ".role", path + ".role must be system, user or assistant; correct it");
      }
      message.refuse("there are no tools", "tool_calls", "function_call");
      message.refuse("answers are text", "audio");
      message.allow("name", "refusal");
      message.requireNoOther();
    }
    if (turns.size() % 2 == 0) {
      throw Refusal.badField(
          "messages", "the last message must be of the user; add a question at the end");
    }
    return new Messages(
        turns, system.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", system)));
  }

  private static void requireAlternating(boolean right, String path, String role) {
    if (!right) {
      throw Refusal.badField(
          path + ".role",
          path
              + " is of the "
              + role
              + ", but user and assistant must take turns, the user first; join or reorder them");
    }
  }

  private void requireImages(int images) {
    if (images > mostImages) {
      throw Refusal.badField(
          "messages", "a request can have " + mostImages + " image(s) at most; leave some out");
    }
  }

  private record Content(String text, List<ImageSource> images) {}

  private Content content(Fields message, String path, String role) {
    JsonNode content = message.any("content").orElseThrow(() -> message.missing("content"));
    if (content.isString()) {
      return new Content(content.stringValue(), List.of());
    }
    List<String> texts = new ArrayList<>();
    List<ImageSource> images = new ArrayList<>();
    List<JsonNode> parts = message.list("content");
    for (int i = 0; i < parts.size(); i++) {
      String where = path + ".content[" + i + "]";
      Fields part = Fields.of(parts.get(i), where);
      String type = part.requiredText("type");
      switch (type) {
        case "text" -> texts.add(part.requiredText("text"));
        case "image_url" -> {
          if (!role.equals("user")) {
            throw Refusal.badField(
                where, where + " is an image, which only the user can send; move it");
          }
          images.add(image(part, where));
        }
        default ->
            throw Refusal.badField(
                where + ".type",
                where + ".type must be text or image_url; LLaVA-1.5 reads no other");
      }
      part.requireNoOther();
    }
    return new Content(String.join("\n", texts), images);
  }

  /// `image_url` as an object or as a bare text.
  private ImageSource image(Fields part, String where) {
    JsonNode value = part.any("image_url").orElseThrow(() -> part.missing("image_url"));
    if (value.isString()) {
      return source(value.stringValue(), where + ".image_url");
    }
    Fields object = Fields.of(value, where + ".image_url");
    String url = object.requiredText("url");
    // LLaVA-1.5 sees every image at one resolution
    object.refuseUnless(
        "detail", Set.of("auto", "low", "high", "original"), "it is auto, low or high");
    object.requireNoOther();
    return source(url, where + ".image_url.url");
  }

  private ImageSource source(String url, String where) {
    boolean data = url.regionMatches(true, 0, "data:", 0, 5);
    boolean address =
        url.regionMatches(true, 0, "http://", 0, 7) || url.regionMatches(true, 0, "https://", 0, 8);
    if (data) {
      return new ImageSource.OfDataUri(url);
    }
    if (!address) {
      throw Refusal.badField(
          where,
          where + " must be a data URI, such as data:image/png;base64,...; encode the image");
    }
    if (!allowUrls) {
      throw Refusal.badField(
          where,
          where
              + " is an address, and this server fetches none; send a data URI, or start it with --allow-url");
    }
    return ImageSource.parse(url);
  }
}
