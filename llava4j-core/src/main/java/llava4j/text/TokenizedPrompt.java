package llava4j.text;

import java.util.List;
import java.util.stream.IntStream;
import llava4j.text.TokenRun.ImageSlot;
import llava4j.text.TokenRun.TextRun;

/// A prompt as runs of ids, with image slots between them.
///
/// @param runs in the prompt's order; empty texts are left out
public record TokenizedPrompt(List<TokenRun> runs) {
  public TokenizedPrompt {
    runs = List.copyOf(runs);
  }

  /// Number of image slots.
  public int numImages() {
    return Math.toIntExact(runs.stream().filter(ImageSlot.class::isInstance).count());
  }

  /// All ids in one array, as in the original code: `PromptEncoder.IMAGE_SLOT` (-200) for each
  /// image.
  public int[] ids() {
    return runs.stream()
        .flatMapToInt(run ->
            switch (run) {
              case TextRun text -> IntStream.of(text.ids());
              case ImageSlot _ -> IntStream.of(PromptEncoder.IMAGE_SLOT);
            })
        .toArray();
  }
}
