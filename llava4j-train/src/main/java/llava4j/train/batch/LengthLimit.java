package llava4j.train.batch;

import java.util.Arrays;
import java.util.List;
import llava4j.data.Sample;
import llava4j.text.PromptEncoder;

/// How long a sample may be, and what must be left of it.
///
/// @param rows that a sample may have, those of its pictures included
record LengthLimit(int rows) {

  /// Ids beyond the limit go before pictures are counted, as the original's collator does.
  LabelledTokens cut(LabelledTokens tokens) {
    return tokens.ids().length <= rows
        ? tokens
        : new LabelledTokens(
            Arrays.copyOf(tokens.ids(), rows), Arrays.copyOf(tokens.labels(), rows));
  }

  /// How many supervised rows are left of a sample that was [#cut].
  ///
  /// @param pictures image rows of each picture
  /// @throws BadSampleException if a picture has no place, or a place no picture
  int supervised(Sample sample, LabelledTokens tokens, List<int[]> pictures) {
    long slots = slots(tokens);
    if (slots != pictures.size()) {
      throw new BadSampleException(
          "sample '"
              + sample.id()
              + "' has "
              + slots
              + " place(s) for pictures within its first "
              + rows
              + " ids, but "
              + pictures.size()
              + " picture(s)");
    }
    return SequencePlan.supervised(tokens, pictures, rows);
  }

  /// Places for pictures.
  static long slots(LabelledTokens tokens) {
    return Arrays.stream(tokens.ids()).filter(id -> id == PromptEncoder.IMAGE_SLOT).count();
  }
}
