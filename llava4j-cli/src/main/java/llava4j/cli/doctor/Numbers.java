package llava4j.cli.doctor;

import java.util.Random;

/// Inputs on which kernels have gone wrong elsewhere.
enum Numbers {
  /// Normally distributed.
  RANDOM("random numbers") {
    @Override
    float[] floats(Random random, int count) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return values;
    }
  },
  /// All the same, so that every rounded number is the largest: sums of 16 bits overflow.
  LARGEST("the largest numbers") {
    @Override
    float[] floats(Random random, int count) {
      float[] values = new float[count];
      java.util.Arrays.fill(values, random.nextBoolean() ? 127 : -127);
      return values;
    }
  },
  /// One is a thousand times as large as the others, as in the first rows of Vicuna.
  MASSIVE("a massive number") {
    @Override
    float[] floats(Random random, int count) {
      float[] values = RANDOM.floats(random, count);
      values[random.nextInt(count)] = 2000;
      return values;
    }
  };

  private final String words;

  Numbers(String words) {
    this.words = words;
  }

  abstract float[] floats(Random random, int count);

  @Override
  public String toString() {
    return words;
  }
}
