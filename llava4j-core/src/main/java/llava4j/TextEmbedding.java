package llava4j;

/// A text as a point on the unit sphere: the mean of the language model's hidden states over all
/// tokens, after the final norm, with length 1. A model that was trained to write tells texts apart
/// less well in this way than one that was trained for it.
///
/// @param values `[dim]`
/// @param tokens number of tokens of the text
public record TextEmbedding(float[] values, int tokens) {

  /// @param sum of the hidden states
  static TextEmbedding ofSum(double[] sum, int tokens) {
    double square = 0;
    for (double value : sum) {
      square += value * value;
    }
    double length = Math.sqrt(square);
    float[] values = new float[sum.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (length == 0 ? 0 : sum[i] / length);
    }
    return new TextEmbedding(values, tokens);
  }
}
