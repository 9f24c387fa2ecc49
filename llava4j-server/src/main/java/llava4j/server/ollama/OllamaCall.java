package llava4j.server.ollama;

import java.util.Optional;
import llava4j.server.engine.Question;

/// A request of `/api/chat` or `/api/generate`.
///
/// @param question empty if the model is only to be loaded or unloaded
/// @param unload whether the model is to be kept no time after the request
/// @param streamed whether the answer is wanted piece by piece, a line each
record OllamaCall(Optional<Question> question, boolean unload, boolean streamed) {}
