package llava4j.server.openai;

import java.util.List;
import llava4j.ChatResponse;
import llava4j.server.request.Refusal;
import tools.jackson.databind.node.ObjectNode;

/// How answers of one path are written.
interface AnswerForm {

  ObjectNode whole(ChatCall call, String id, ChatResponse response);

  /// For one answer in pieces.
  Pieces pieces(ChatCall call, String id);

  /// The pieces of a response, in their order. A piece that has a `type` is an event of this name.
  interface Pieces {
    List<ObjectNode> first();

    List<ObjectNode> text(int answer, String text);

    List<ObjectNode> last(ChatResponse response);

    /// Instead of the last ones.
    ObjectNode failed(Refusal refusal);
  }
}
