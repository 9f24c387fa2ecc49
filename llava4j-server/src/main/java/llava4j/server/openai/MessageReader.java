package llava4j.server.openai;

import java.util.ArrayList;
import java.util.List;
import llava4j.image.ImageSource;
import llava4j.server.openai.Turns.Content;
import llava4j.server.request.Fields;
import llava4j.server.request.Fields.Kind;
import llava4j.server.request.Refusal;
import tools.jackson.databind.JsonNode;

/// Reads `messages`. The images of a message come before its text, as in LLaVA's training.
final class MessageReader {
  private final Images images;

  MessageReader(Images images) {
    this.images = images;
  }

  Turns read(Fields body) {
    List<JsonNode> list = body.list("messages");
    if (list.isEmpty()) {
      throw body.any("messages").isEmpty()
          ? body.missing("messages")
          : Refusal.badField("messages", "messages is empty; give at least one of the user");
    }
    Turns turns = new Turns("messages", images);
    for (int i = 0; i < list.size(); i++) {
      String path = "messages[" + i + "]";
      Fields message = Fields.of(list.get(i), path);
      String role = message.requiredText("role");
      turns.add(role, content(message, path, role), path);
      message.refuse("there are no tools", "tool_calls", "function_call");
      message.refuse("answers are text", "audio");
      message.allow(Kind.TEXT, "name", "refusal");
      message.requireNoOther();
    }
    return turns;
  }

  private Content content(Fields message, String path, String role) {
    JsonNode content = message.any("content").orElseThrow(() -> message.missing("content"));
    if (content.isString()) {
      return new Content(content.stringValue(), List.of());
    }
    List<String> texts = new ArrayList<>();
    List<ImageSource> sources = new ArrayList<>();
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
          sources.add(image(part, where));
        }
        default ->
            throw Refusal.badField(
                where + ".type",
                where + ".type must be text or image_url; LLaVA-1.5 reads no other");
      }
      part.requireNoOther();
    }
    return new Content(String.join("\n", texts), sources);
  }

  /// `image_url` as an object or as a bare text.
  private ImageSource image(Fields part, String where) {
    JsonNode value = part.any("image_url").orElseThrow(() -> part.missing("image_url"));
    if (value.isString()) {
      return images.source(value.stringValue(), where + ".image_url");
    }
    Fields object = Fields.of(value, where + ".image_url");
    String url = object.requiredText("url");
    Images.ignoreDetail(object);
    object.requireNoOther();
    return images.source(url, where + ".image_url.url");
  }
}
