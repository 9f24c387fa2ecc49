package llava4j.train.forecast;

import llava4j.config.LlavaConfig;
import llava4j.train.batch.SequencePlan;
import llava4j.train.config.TrainConfig;

/// The size of one micro-batch on one process.
///
/// @param sequences number of sequences
/// @param tokens positions of each sequence, padding included
/// @param realRows positions of all sequences, padding excluded
/// @param supervised positions whose next token is supervised
/// @param views images, or tiles of them, that the vision tower sees
public record BatchShape(long sequences, long tokens, long realRows, long supervised, long views) {
  public BatchShape {
    if (sequences < 1
        || tokens < 1
        || realRows < 1
        || supervised < 0
        || views < 0
        || realRows > sequences * tokens
        || supervised > realRows) {
      throw new IllegalArgumentException(
          "no batch has %d sequences of %d positions, %d of them real and %d supervised, and %d views"
              .formatted(sequences, tokens, realRows, supervised, views));
    }
  }

  /// The shape of a planned batch.
  public static BatchShape of(SequencePlan plan, long views) {
    return new BatchShape(
        plan.sequences(), plan.tokens(), plan.realRows(), plan.predictors().length, views);
  }

  /// The largest micro-batch that a run can have: every sample has the maximum length and an image.
  public static BatchShape largest(TrainConfig config, LlavaConfig model) {
    long sequences = config.batching().deviceBatch();
    long tokens = config.data().maxLength();
    long rows = sequences * tokens;
    long perView = Math.max(1, model.vision().rowsPerView());
    long views = sequences * Math.max(1, Math.min(maxViews(model), tokens / perView));
    return new BatchShape(sequences, tokens, rows, Math.max(0, rows - views * perView), views);
  }

  private static long maxViews(LlavaConfig model) {
    return model.hasImageNewline() ? Long.MAX_VALUE : 1;
  }

  /// All positions, padding included: what is computed.
  public long rows() {
    return sequences * tokens;
  }
}
