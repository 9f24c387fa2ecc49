package llava4j.server.openai;

import llava4j.server.engine.Question;
import tools.jackson.databind.node.ObjectNode;

/// A request for an answer.
///
/// @param asked the field that the question stands in, for errors
/// @param streamed whether the answer is wanted piece by piece
/// @param usageStreamed whether the last piece is to tell the usage
/// @param repeated what the answer repeats of the request; empty but for `/v1/responses`
record ChatCall(
    Question question, String asked, boolean streamed, boolean usageStreamed, ObjectNode repeated) {
  boolean wantsLogProbs() {
    return question.options().topLogProbs() >= 0;
  }

  int answers() {
    return question.options().numAnswers();
  }
}
