package llava4j.server.openai;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.image.ImageSource;
import llava4j.server.openai.Turns.Content;
import llava4j.server.request.Fields;
import llava4j.server.request.Fields.Kind;
import llava4j.server.request.Refusal;
import tools.jackson.databind.JsonNode;

/// Reads `instructions` and `input` of `/v1/responses`: a text of the user, or messages. As nothing
/// is stored here, a conversation is sent whole with each request.
final class ItemReader {
  private static final String INPUT = "input";

  private final Images images;

  ItemReader(Images images) {
    this.images = images;
  }

  Turns read(Fields body) {
    Turns turns = new Turns(INPUT, images);
    body.text("instructions").ifPresent(turns::addSystem);
    JsonNode input = body.any(INPUT).orElseThrow(() -> body.missing(INPUT));
    if (input.isString()) {
      turns.add("user", new Content(input.stringValue(), List.of()), INPUT);
      return turns;
    }
    List<JsonNode> items = body.list(INPUT);
    if (items.isEmpty()) {
      throw Refusal.badField(INPUT, "input is empty; give a text or a message of the user");
    }
    for (int i = 0; i < items.size(); i++) {
      add(turns, Fields.of(items.get(i), INPUT + "[" + i + "]"), INPUT + "[" + i + "]");
    }
    return turns;
  }

  private void add(Turns turns, Fields item, String path) {
    Optional<String> type = item.text("type");
    if (type.isPresent() && !type.get().equals("message")) {
      throw Refusal.badField(
          path + ".type",
          path + ".type must be message: there are no tools, and nothing is stored; leave it out");
    }
    String role = item.requiredText("role");
    turns.add(role, content(item, path, role), path);
    // as they stand in an earlier answer
    item.allow(Kind.TEXT, "id", "status", "phase");
    item.requireNoOther();
  }

  private Content content(Fields item, String path, String role) {
    JsonNode content = item.any("content").orElseThrow(() -> item.missing("content"));
    if (content.isString()) {
      return new Content(content.stringValue(), List.of());
    }
    List<String> texts = new ArrayList<>();
    List<ImageSource> sources = new ArrayList<>();
    List<JsonNode> parts = item.list("content");
    for (int i = 0; i < parts.size(); i++) {
      String where = path + ".content[" + i + "]";
      Fields part = Fields.of(parts.get(i), where);
      switch (part.requiredText("type")) {
        case "input_text" -> texts.add(part.requiredText("text"));
        case "output_text" -> {
          texts.add(part.requiredText("text"));
          part.allow(Kind.LIST, "annotations", "logprobs");
        }
        case "input_image" -> {
          if (!role.equals("user")) {
            throw Refusal.badField(
                where, where + " is an image, which only the user can send; move it");
          }
          part.refuse("nothing is stored here", "file_id");
          Images.ignoreDetail(part);
          sources.add(images.source(part.requiredText("image_url"), where + ".image_url"));
        }
        default ->
            throw Refusal.badField(
                where + ".type",
                where
                    + ".type must be input_text, input_image or output_text; LLaVA-1.5 reads no other");
      }
      part.requireNoOther();
    }
    return new Content(String.join("\n", texts), sources);
  }
}
