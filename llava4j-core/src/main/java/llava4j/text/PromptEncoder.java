package llava4j.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import llava4j.text.TokenRun.ImageSlot;
import llava4j.text.TokenRun.TextRun;
import llava4j.text.tokenizer.Tokenizer;

/// From a rendered prompt to ids, with a slot for each `<image>` (`tokenizer_image_token` of the
/// original code).
public final class PromptEncoder {
  /// Stands for one image among ids.
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

  /// The runs of a rendered prompt. Pieces around placeholders are encoded each on its own, so each
  /// begins with its own dummy prefix; an empty one gives nothing, but the first gives the
  /// beginning-of-sequence id.
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

  /// The ids of a prompt that a model's own chat template made, as transformers' processor has
  /// them: the text is encoded as a whole, and is given no beginning-of-sequence id if the template
  /// writes one itself.
  public int[] encodeWhole(String prompt) {
    int[] bos = addBos ? tokenizer.encode("", true) : new int[0];
    int[] ids = tokenizer.encode(prompt, false);
    boolean written = bos.length == 1 && ids.length > 0 && ids[0] == bos[0];
    int image = tokenizer.imageTokenId().orElse(IMAGE_SLOT);
    if (tokenizer.imageTokenId().isEmpty()) {
      // no token of the vocabulary stands for an image: the text is cut at its places
      return written ? new PromptEncoder(tokenizer, false).encode(prompt) : encode(prompt);
    }
    return IntStream.concat(
            IntStream.of(written ? new int[0] : bos),
            IntStream.of(ids).map(id -> id == image ? IMAGE_SLOT : id))
        .toArray();
  }

  /// A user's question with one placeholder per image. Where it names as many as there are images,
  /// they stay in place; where it names none, all go in front, each on its own line.
  ///
  /// @return the question, or null if it names another number
  public static String place(String question, int numImages) {
    int named = question.split(Tokenizer.IMAGE_PLACEHOLDER, -1).length - 1;
    if (named == numImages) {
      return question;
    }
    return named == 0 ? (Tokenizer.IMAGE_PLACEHOLDER + "\n").repeat(numImages) + question : null;
  }
}
