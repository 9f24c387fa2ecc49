package llava4j.data.check;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// JSON texts of samples.
final class SampleTexts {
  private SampleTexts() {}

  /// @param image empty for none
  /// @param turns `speaker:text`
  static String sample(String id, String image, String... turns) {
    ObjectNode sample = new JsonMapper().createObjectNode();
    sample.put("id", id);
    if (!image.isEmpty()) {
      sample.put("image", image);
    }
    ArrayNode conversations = sample.putArray("conversations");
    for (String turn : turns) {
      List<String> parts = new ArrayList<>(List.of(turn.split(":", 2)));
      conversations.addObject().put("from", parts.getFirst()).put("value", parts.getLast());
    }
    return sample.toString();
  }
}
