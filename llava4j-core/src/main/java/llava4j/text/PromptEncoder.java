package llava4j.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.text.TokenRun.ImageSlot;
import llava4j.text.TokenRun.TextRun;
import llava4j.text.tokenizer.Tokenizer;

/// Converts a rendered prompt to ids, with a slot for each `<image>` (`tokenizer_image_token` of
/// the original code).
public final class PromptEncoder {
  /// The slot of one image among the ids.
  public static final int IMAGE_SLOT = -200;

  private final Tokenizer tokenizer;
  private final boolean addBos;

  public PromptEncoder(Tokenizer tokenizer, boolean addBos) {
    this.tokenizer = tokenizer;
    this.addBos = addBos;
  }

  /// The ids of a rendered prompt, `IMAGE_SLOT` for each placeholder.
  public int[] encode(String prompt) {
    return tokenize(prompt).ids();
  }

  /// The runs of a rendered prompt. The texts between placeholders are encoded separately, so each
  /// begins with its own dummy prefix. An empty text gives no ids, except that the first text
  /// always has the beginning-of-sequence id.
  public TokenizedPrompt tokenize(String prompt) {
    List<TokenRun> runs = new ArrayList<>();
    String[] pieces = prompt.split(Tokenizer.IMAGE_PLACEHOLDER, -1);
    for (int i = 0; i < pieces.length; i++) {
      if (i > 0) {
        runs.add(new ImageSlot(i - 1));
      }
      int[] ids = tokenizer.encode(pieces[i], addBos && i == 0);
      if (ids.length > 0) {
        runs.add(new TextRun(ids));
      }
    }
    return new TokenizedPrompt(runs);
  }

  /// The ids of a prompt from a model's own chat template, as in transformers' processor: the text
  /// is encoded as a whole, and no beginning-of-sequence id is added if the template writes one
  /// itself.
  public int[] encodeWhole(String prompt) {
    int[] bos = addBos ? tokenizer.encode("", true) : new int[0];
    int[] ids = tokenizer.encode(prompt, false);
    boolean written = bos.length == 1 && ids.length > 0 && ids[0] == bos[0];
    int image = tokenizer.imageTokenId().orElse(IMAGE_SLOT);
    if (tokenizer.imageTokenId().isEmpty()) {
      // the vocabulary has no token for an image: the text is split at the placeholders
      return written ? new PromptEncoder(tokenizer, false).encode(prompt) : encode(prompt);
    }
    return IntStream.concat(
            IntStream.of(written ? new int[0] : bos),
            IntStream.of(ids).map(id -> id == image ? IMAGE_SLOT : id))
        .toArray();
  }

  /// A user's question with one placeholder per image. If it contains one placeholder per image,
  /// they stay in place; if it contains none, all are put first, each on its own line.
  ///
  /// @return the question, or null if it has another number of placeholders
  public static String place(String question, int numImages) {
    int named = question.split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1;
    if (named == numImages) {
      return question;
    }
    return named == 0 ? (Tokenizer.IMAGE_PLACEHOLDER + "\n").repeat(numImages) + question : null;
  }
}
