package llava4j.train.batch;

/// One sample as ids, and what the loss sees of it.
///
/// @param ids token ids, [llava4j.text.PromptEncoder#IMAGE_SLOT] (-200) for each image
/// @param labels the id where it is supervised, [#IGNORED] elsewhere; as long as `ids`
public record LabelledTokens(int[] ids, int[] labels) {
  /// The label that contributes no loss.
  public static final int IGNORED = -100;

  public LabelledTokens {
    if (ids.length != labels.length) {
      throw new IllegalArgumentException(ids.length + " ids for " + labels.length + " labels");
    }
  }

  /// Number of positions that contribute loss, the first one aside: nothing predicts it.
  public int supervised() {
    int count = 0;
    for (int i = 1; i < labels.length; i++) {
      count += labels[i] == IGNORED ? 0 : 1;
    }
    return count;
  }
}
