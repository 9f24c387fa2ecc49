package llava4j.train.batch;

import java.util.Arrays;
import java.util.List;
import llava4j.data.Sample;
import llava4j.text.PromptEncoder;

/// How long a sample may be, and what must be left of it.
///
/// @param rows that a sample may have, those of its images included
record LengthLimit(int rows) {

  /// Ids beyond the limit go before images are counted, as the original's collator does.
  LabelledTokens cut(LabelledTokens tokens) {
    return tokens.ids().length <= rows
        ? tokens
        : new LabelledTokens(
            Arrays.copyOf(tokens.ids(), rows), Arrays.copyOf(tokens.labels(), rows));
  }

  /// How many supervised rows are left of a sample that was [#cut].
  ///
  /// @param images image rows of each image
  /// @throws BadSampleException if an image has no place, or a place no image
  int supervised(Sample sample, LabelledTokens tokens, List<int[]> images) {
    long slots = slots(tokens);
    if (slots != images.size()) {
      throw new BadSampleException(
          "sample '"
              + sample.id()
              + "' has "
              + slots
              + " place(s) for images within its first "
              + rows
              + " ids, but "
              + images.size()
              + " image(s)");
    }
    return SequencePlan.supervised(tokens, images, rows);
  }

  /// Places for images.
  static long slots(LabelledTokens tokens) {
    return Arrays.stream(tokens.ids()).filter(id -> id == PromptEncoder.IMAGE_SLOT).count();
  }
}
