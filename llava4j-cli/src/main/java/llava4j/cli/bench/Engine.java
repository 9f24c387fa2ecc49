package llava4j.cli.bench;

/// A program that runs a language model, as the benchmark drives it. Ids are of the model's
/// vocabulary; nobody reads them.
interface Engine extends AutoCloseable {

  /// Loads the model. Once, before all else.
  ///
  /// @return seconds
  double load();

  /// Reads a prompt into an empty cache, to the logits behind its last id.
  ///
  /// @return seconds
  double prefill(int[] ids);

  /// Reads prompts of equal length side by side, to be continued by [#decode].
  ///
  /// @param steps that [#decode] will take at most
  void begin(int[][] prompts, int steps);

  /// Takes steps behind the prompts of [#begin], in each the most likely token for every sequence,
  /// and forgets them again.
  ///
  /// @return seconds
  double decode(int steps);

  /// Logits behind a prompt, and behind each id that follows it.
  ///
  /// @return [1 + following, vocabulary]
  float[][] logits(int[] prompt, int[] following);

  /// Most bytes that its process has had resident, mapped files included; -1 where nobody knows.
  long peakBytes();

  @Override
  void close();

  /// The most likely token.
  static int argmax(float[] logits) {
    int best = 0;
    for (int id = 1; id < logits.length; id++) {
      if (logits[id] > logits[best]) {
        best = id;
      }
    }
    return best;
  }
}
