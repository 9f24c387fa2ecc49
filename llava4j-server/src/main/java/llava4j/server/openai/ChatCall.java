package llava4j.server.openai;

import llava4j.server.engine.Question;

/// A request of `/v1/chat/completions` or `/v1/completions`.
///
/// @param streamed whether the answer is wanted piece by piece
/// @param usageStreamed whether the last piece is to tell the usage
record ChatCall(Question question, boolean streamed, boolean usageStreamed) {
  boolean wantsLogProbs() {
    return question.options().topLogProbs() >= 0;
  }

  int answers() {
    return question.options().numAnswers();
  }
}
