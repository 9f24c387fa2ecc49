package llava4j.quant;

/// The loops of [PagedAttention] for one type of keys and values. Arguments named by what they
/// point to are addresses.
///
/// A kernel may keep the numbers of a query, and of the sums, in an order of its own: [#load]
/// brings a query into it, [#finish] leads the sums out of it.
interface AttentionKernel {
  /// Writes the numbers of one head in the cache's type.
  ///
  /// @param source `[headDim]`, fp32
  /// @param target `[headDim]`
  /// @return whether all are finite as they are kept
  boolean store(long source, int headDim, long target);

  /// Whether all numbers of one head are finite, unless whatever follows shows it anyway.
  ///
  /// @param stored `[headDim]`
  boolean isFinite(long stored, int headDim);

  /// Reads a query.
  ///
  /// @param source `[headDim]`, fp32
  /// @param query `[headDim]`, written
  void load(long source, int headDim, float[] query);

  /// `scores[at + j] = keys[j] · query` for `rows` keys.
  ///
  /// @param keys [rows, headDim]
  /// @param next as many bytes that are read after these: they may be fetched meanwhile
  void scores(long keys, int rows, int headDim, float[] query, float[] scores, int at, long next);

  /// Numbers that an array needs for some scores and whatever [#softmax] wants beside them.
  default int room(int scores) {
    return scores;
  }

  /// From the first `length` scores to weights that add up to one, in place.
  ///
  /// @param scores of [#room], those of one query
  /// @param scale what scores are multiplied with
  default void softmax(float[] scores, int length, float scale) {
    VectorSoftmax.softmax(scores, length, scale);
  }

  /// `sums += Σⱼ weights[at + j] values[j]` over `rows` values.
  ///
  /// @param values [rows, headDim]
  /// @param next as for `scores`
  void blend(long values, int rows, int headDim, float[] weights, int at, float[] sums, long next);

  /// Writes the sums.
  ///
  /// @param target `[headDim]`, fp32
  void finish(float[] sums, int headDim, long target);
}
