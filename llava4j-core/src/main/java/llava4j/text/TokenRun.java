package llava4j.text;

import java.util.Arrays;

/// A part of a tokenized prompt: text, or the slot of an image.
public sealed interface TokenRun {

  /// Ids of text; each is an index into the embedding table.
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

  /// The slot of an image.
  ///
  /// @param image index of the image, from 0
  record ImageSlot(int image) implements TokenRun {}
}
