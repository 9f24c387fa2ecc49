package llava4j.server.http;

import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import tools.jackson.databind.node.ObjectNode;

/// How a refusal is written.
enum ErrorStyle {
  OPENAI {
    @Override
    ObjectNode body(Refusal refusal) {
      ObjectNode body = Json.object();
      ObjectNode error = body.putObject("error");
      error.put("message", refusal.getMessage());
      error.put("type", refusal.reason().type());
      error.put("param", refusal.field().orElse(null));
      error.put("code", refusal.code().orElse(null));
      return body;
    }
  },
  OLLAMA {
    @Override
    ObjectNode body(Refusal refusal) {
      return Json.object().put("error", refusal.getMessage());
    }
  };

  abstract ObjectNode body(Refusal refusal);

  static ErrorStyle of(String path) {
    return path.startsWith("/api/") ? OLLAMA : OPENAI;
  }
}
