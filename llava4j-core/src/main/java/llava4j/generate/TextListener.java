package llava4j.generate;

/// Receives text while it is generated, on the thread that asked for it.
@FunctionalInterface
public interface TextListener {
  /// Ignores the text.
  TextListener NONE = (_, _) -> {};

  /// @param answer number of the answer, from 0
  /// @param text the next piece; never half a character, and final
  void onText(int answer, String text);
}
