package llava4j.text;

import java.util.Arrays;

/// A stretch of a tokenized prompt: words, or the place of an image.
public sealed interface TokenRun {

  /// Ids of text, all of them rows of the embedding table.
  record TextRun(int[] ids) implements TokenRun {
    public TextRun {
      ids = ids.clone();
    }

    @Override
    public int[] ids() {
      return ids.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof TextRun run && Arrays.equals(ids, run.ids);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
      return "TextRun" + Arrays.toString(ids);
    }
  }

  /// The place of an image.
  ///
  /// @param image which of the prompt's images, counted from 0
  record ImageSlot(int image) implements TokenRun {}
}
