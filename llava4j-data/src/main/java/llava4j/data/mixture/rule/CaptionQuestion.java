package llava4j.data.mixture.rule;

import java.util.List;
import java.util.stream.Collectors;
import llava4j.data.WhitespaceWords;

/// The question for a sample of TextCaps.
public final class CaptionQuestion {
  private static final String REFERENCE = "Reference OCR token: ";

  private CaptionQuestion() {}

  /// P_caption, followed by the words that OCR found in the image. Without words the second line is
  /// kept, as in the benchmarks' prompts (INFERRED).
  public static String of(List<String> ocrTokens) {
    String tokens =
        ocrTokens.stream()
            .map(WhitespaceWords::oneLine)
            .filter(token -> !token.isEmpty())
            .collect(Collectors.joining(", "));
    return FormatPrompt.CAPTION + "\n" + REFERENCE + tokens;
  }
}
