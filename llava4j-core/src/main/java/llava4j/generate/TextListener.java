package llava4j.generate;

/// Hears text as it is generated, on the generating thread.
@FunctionalInterface
public interface TextListener {
  /// Hears nothing.
  TextListener NONE = (_, _) -> {};

  /// @param answer which of several answers, from 0
  /// @param text the next piece; never half a character, never taken back
  void onText(int answer, String text);
}
