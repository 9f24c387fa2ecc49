package llava4j.server.ollama;

import llava4j.server.engine.Question;

/// A request of `/api/chat` or `/api/generate`.
///
/// @param streamed whether the answer is wanted piece by piece, a line each
record OllamaCall(Question question, boolean streamed) {}
