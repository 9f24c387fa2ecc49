package llava4j.langchain4j;

import java.util.function.BooleanSupplier;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.generate.TextListener;

/// What answers requests: a loaded model. Everything else about a request is this package's.
interface Answerer extends AutoCloseable {

  /// The model's name.
  String name();

  /// @param cancelled checked before every token
  ChatResponse answer(ChatRequest request, TextListener listener, BooleanSupplier cancelled);

  /// Frees the model, if it is the adapter's own.
  @Override
  void close();

  /// @param owned whether the model is closed with the adapter
  static Answerer of(Llava llava, boolean owned) {
    return new Answerer() {
      @Override
      public String name() {
        return llava.name();
      }

      @Override
      public ChatResponse answer(
          ChatRequest request, TextListener listener, BooleanSupplier cancelled) {
        return llava.answer(request, listener, cancelled);
      }

      @Override
      public void close() {
        if (owned) {
          llava.close();
        }
      }
    };
  }
}
