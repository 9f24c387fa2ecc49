package llava4j.train.batch;

/// Token ids and labels of one sample.
///
/// @param ids token ids, with [llava4j.text.PromptEncoder#IMAGE_SLOT] (-200) as placeholder for
///   each image
/// @param labels the token id where it is supervised, [#IGNORED] elsewhere; same length as `ids`
public record LabelledTokens(int[] ids, int[] labels) {
  /// The label of a position that does not contribute to the loss.
  public static final int IGNORED = -100;

  public LabelledTokens {
    if (ids.length != labels.length) {
      throw new IllegalArgumentException(ids.length + " ids for " + labels.length + " labels");
    }
  }

  /// Number of positions that contribute to the loss. The first one never does, because no position
  /// predicts it.
  public int supervised() {
    int count = 0;
    for (int i = 1; i < labels.length; i++) {
      count += labels[i] == IGNORED ? 0 : 1;
    }
    return count;
  }
}
