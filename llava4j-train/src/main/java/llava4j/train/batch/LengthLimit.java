package llava4j.train.batch;

import java.util.Arrays;
import java.util.List;
import llava4j.data.Sample;
import llava4j.text.PromptEncoder;

/// The maximum length of a sample.
///
/// @param rows maximum number of tokens, image tokens included
record LengthLimit(int rows) {

  /// Truncates the ids to the limit before image placeholders are expanded, as the original's
  /// collator does.
  LabelledTokens cut(LabelledTokens tokens) {
    return tokens.ids().length <= rows
        ? tokens
        : new LabelledTokens(
            Arrays.copyOf(tokens.ids(), rows), Arrays.copyOf(tokens.labels(), rows));
  }

  /// Number of supervised tokens within the limit, for a sample that was truncated with [#cut].
  ///
  /// @param images for each image the indices of its image tokens
  /// @throws BadSampleException if the number of placeholders differs from the number of images
  int supervised(Sample sample, LabelledTokens tokens, List<int[]> images) {
    long slots = slots(tokens);
    if (slots != images.size()) {
      throw new BadSampleException(
          "sample '"
              + sample.id()
              + "' has "
              + slots
              + " image placeholder(s) within its first "
              + rows
              + " tokens, but "
              + images.size()
              + " image(s)");
    }
    return SequencePlan.supervised(tokens, images, rows);
  }

  /// Number of image placeholders.
  static long slots(LabelledTokens tokens) {
    return Arrays.stream(tokens.ids()).filter(id -> id == PromptEncoder.IMAGE_SLOT).count();
  }
}
