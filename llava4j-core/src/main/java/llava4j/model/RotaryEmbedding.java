package llava4j.model;

import llava4j.config.RopeScaling;
import llava4j.config.TextConfig;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Rotary position embedding in the "rotate halves" layout of Hugging Face's LLaMA: dimension j is
/// rotated together with dimension j + headDim / 2. Angles are fp32.
final class RotaryEmbedding {
  private final float[] inverseFrequencies; // [headDim / 2]

  RotaryEmbedding(TextConfig config) {
    int half = config.headDim() / 2;
    this.inverseFrequencies = new float[half];
    for (int j = 0; j < half; j++) {
      float plain = (float) (1.0 / Math.pow(config.ropeTheta(), 2.0 * j / config.headDim()));
      inverseFrequencies[j] = scaled(plain, config.ropeScaling());
    }
  }

  /// Cosines and sines of a pass. Each [batch, 1, tokens, headDim]
  record Angles(Tensor cos, Tensor sin) {}

  /// @param positions row-major [batch, tokens]
  Angles angles(long[] positions, long batch, long tokens, Tensor like) {
    float[] angles = new float[positions.length * inverseFrequencies.length];
    int next = 0;
    for (long position : positions) {
      for (float frequency : inverseFrequencies) {
        angles[next++] = position * frequency;
      }
    }
    try (Scope scope = new Scope()) {
      Tensor half =
          Tensors.ofFloats(
              angles,
              batch,
              1,
              tokens,
              inverseFrequencies.length); // [batch, 1, tokens, headDim / 2]
      Tensor full = torch.cat(new TensorVector(half, half), -1); // [batch, 1, tokens, headDim]
      return new Angles(
          scope.keep(full.cos().to(like.device(), like.scalar_type())),
          scope.keep(full.sin().to(like.device(), like.scalar_type())));
    }
  }

  /// Rotates queries or keys. [batch, heads, tokens, headDim] -> the same shape
  static Tensor rotate(Tensor heads, Angles angles) {
    long half = heads.size(3) / 2;
    try (Scope scope = new Scope()) {
      Tensor first = heads.narrow(3, 0, half); // [batch, heads, tokens, headDim / 2]
      Tensor second = heads.narrow(3, half, half); // [batch, heads, tokens, headDim / 2]
      Tensor turned =
          torch.cat(new TensorVector(second.neg(), first), -1); // [batch, heads, tokens, headDim]
      Tensor rotated =
          heads
              .mul(angles.cos())
              .addcmul_(turned, angles.sin(), new Scalar(1)); // [batch, heads, tokens, headDim]
      return scope.keep(rotated);
    }
  }

  private static float scaled(float frequency, RopeScaling scaling) {
    return switch (scaling) {
      case RopeScaling.None _ -> frequency;
      case RopeScaling.Linear linear -> (float) (frequency / linear.factor());
      case RopeScaling.Llama3 llama3 -> {
        double wavelength = 2 * Math.PI / frequency;
        double longest = llama3.originalMaxPositions() / llama3.lowFrequencyFactor();
        double shortest = llama3.originalMaxPositions() / llama3.highFrequencyFactor();
        if (wavelength > longest) {
          yield (float) (frequency / llama3.factor());
        }
        if (wavelength < shortest) {
          yield frequency;
        }
        double smooth =
            (llama3.originalMaxPositions() / wavelength - llama3.lowFrequencyFactor())
                / (llama3.highFrequencyFactor() - llama3.lowFrequencyFactor());
        yield (float) ((1 - smooth) * frequency / llama3.factor() + smooth * frequency);
      }
    };
  }
}
