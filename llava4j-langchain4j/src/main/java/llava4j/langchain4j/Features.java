package llava4j.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ToolChoice;

/// What of LangChain4j's parameters LLaVA cannot do. Nothing is passed over in silence.
final class Features {
  private Features() {}

  /// @throws UnsupportedFeatureException if a parameter could only be ignored
  static void require(ChatRequestParameters parameters) {
    if (parameters.toolChoice() == ToolChoice.REQUIRED) {
      throw unsupported("ToolChoice.REQUIRED", "LLaVA-1.5 calls no tools; leave it out");
    }
    if (parameters.toolSpecifications() != null && !parameters.toolSpecifications().isEmpty()) {
      throw unsupported("tools", "LLaVA-1.5 calls none; leave them out");
    }
    requireZero("frequencyPenalty", parameters.frequencyPenalty());
    requireZero("presencePenalty", parameters.presencePenalty());
  }

  /// @throws UnsupportedFeatureException if it names another model than the loaded one
  static void requireModel(ChatRequestParameters parameters, String name) {
    if (parameters.modelName() != null && !parameters.modelName().equals(name)) {
      throw unsupported(
          "modelName '" + parameters.modelName() + "'",
          "the loaded model is '" + name + "'; leave the name out, or build another chat model");
    }
  }

  private static void requireZero(String name, Double value) {
    if (value != null && value != 0) {
      throw unsupported(name, "set repetitionPenalty of LlavaChatRequestParameters instead");
    }
  }

  /// @param what is not supported
  /// @param remedy one clause
  static UnsupportedFeatureException unsupported(String what, String remedy) {
    return new UnsupportedFeatureException(what + " is not supported: " + remedy);
  }
}
