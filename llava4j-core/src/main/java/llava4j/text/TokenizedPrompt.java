package llava4j.text;

import java.util.List;
import java.util.stream.IntStream;
import llava4j.text.TokenRun.ImageSlot;
import llava4j.text.TokenRun.TextRun;

/// A prompt as runs of ids with the places of its images between them.
///
/// @param runs in the prompt's order; empty texts are left out
public record TokenizedPrompt(List<TokenRun> runs) {
  public TokenizedPrompt {
    runs = List.copyOf(runs);
  }

  /// Number of images that the prompt has a place for.
  public int numImages() {
    return Math.toIntExact(runs.stream().filter(ImageSlot.class::isInstance).count());
  }

  /// The whole as one row of ids, as the original code has it: `PromptEncoder.IMAGE_SLOT` (-200)
  /// for each image.
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
