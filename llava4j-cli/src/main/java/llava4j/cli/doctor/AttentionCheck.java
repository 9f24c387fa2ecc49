package llava4j.cli.doctor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llava4j.cli.doctor.Finding.NotRun;
import llava4j.quant.PagedAttention;
import llava4j.quant.PagedAttention.Layout;
import llava4j.quant.PagedAttention.Pass;
import llava4j.quant.PagedAttention.Sequence;
import llava4j.tensor.DType;

/// The attention of decode steps over keys and values in blocks.
record AttentionCheck() implements Check {
  private static final int HEADS = 8;
  private static final int KV_HEADS = 2;
  private static final int HEAD_DIM = 128;
  private static final int BLOCK = 16;

  /// Numbers that share a scale in 8 bits.
  private static final int GROUP = 32;

  private static final int ROUNDS = 30;
  private static final int TIMED = 2048;

  /// One token, a whole block, and a last block that is not full.
  private static final int[] LENGTHS = {1, 16, 77};

  @Override
  public String name() {
    return "attention";
  }

  @Override
  public List<Finding> run() {
    if (!PagedAttention.isAvailable()) {
      return List.of(new NotRun("without the Vector API, libtorch's attention is used"));
    }
    List<Finding> findings = new ArrayList<>();
    for (DType type : new DType[] {DType.F16, DType.F32, DType.I8}) {
      Trial trial =
          new Trial(
              "attention over a cache in " + named(type),
              "start with LLAVA_JAVA_OPTS=\"-Dllava.vector=off -Dllava.assembly=off\"");
      Random random = new Random(13);
      for (int length : LENGTHS) {
        for (Numbers numbers : Numbers.values()) {
          try (Arena arena = Arena.ofShared()) {
            new Setup(arena, type, length, numbers, random).compare(trial, numbers);
          }
        }
      }
      try (Arena arena = Arena.ofShared()) {
        Setup setup = new Setup(arena, type, TIMED, Numbers.RANDOM, random);
        double seconds = Trial.best(ROUNDS, setup::attend);
        double bytes = 2.0 * TIMED * KV_HEADS * setup.layout.rowBytes();
        trial.timed(TIMED + " tokens", seconds, bytes / 1e9, "GB/s");
      }
      findings.add(trial.finding());
    }
    return findings;
  }

  private static String named(DType type) {
    return switch (type) {
      case F16 -> "fp16";
      case I8 -> "8 bits";
      default -> "fp32";
    };
  }

  /// One sequence with random keys and values, all but the last of which are in its blocks.
  private static final class Setup {
    private final DType type;
    private final Layout layout;
    private final int length;
    private final float[] query; // [heads, headDim]
    private final float[][] keys; // [kvHeads][length * headDim], as the cache keeps them
    private final float[][] values;
    private final long[] blocks;
    private final Pass pass;
    private final MemorySegment output;

    Setup(Arena arena, DType type, int length, Numbers numbers, Random random) {
      this.type = type;
      this.layout = new Layout(type, KV_HEADS, HEAD_DIM, BLOCK);
      this.length = length;
      this.query = numbers.floats(random, HEADS * HEAD_DIM);
      this.keys = new float[KV_HEADS][];
      this.values = new float[KV_HEADS][];
      for (int head = 0; head < KV_HEADS; head++) {
        keys[head] = kept(numbers.floats(random, length * HEAD_DIM));
        values[head] = kept(numbers.floats(random, length * HEAD_DIM));
      }
      long headBytes = (long) BLOCK * layout.rowBytes();
      this.blocks = new long[Math.ceilDiv(length, BLOCK)];
      for (int i = 0; i < blocks.length; i++) {
        MemorySegment block = arena.allocate(2 * KV_HEADS * headBytes, 64);
        blocks[i] = block.address();
        for (int head = 0; head < KV_HEADS; head++) {
          store(keys[head], i, block.asSlice(head * headBytes, headBytes));
          store(values[head], i, block.asSlice((KV_HEADS + head) * headBytes, headBytes));
        }
      }
      this.output = arena.allocate(query.length * 4L, 64);
      this.pass =
          new Pass(
              HEADS,
              1,
              arena.allocateFrom(ValueLayout.JAVA_FLOAT, query).address(),
              arena.allocateFrom(ValueLayout.JAVA_FLOAT, last(keys)).address(),
              arena.allocateFrom(ValueLayout.JAVA_FLOAT, last(values)).address(),
              output.address());
    }

    /// As the type of the cache keeps them.
    private float[] kept(float[] numbers) {
      for (int i = 0; i < numbers.length && type == DType.F16; i++) {
        numbers[i] = Float.float16ToFloat(Float.floatToFloat16(numbers[i]));
      }
      for (int from = 0; from < numbers.length && type == DType.I8; from += GROUP) {
        float scale = scale(numbers, from);
        for (int i = from; i < from + GROUP && scale > 0; i++) {
          numbers[i] = (float) Math.rint(numbers[i] / scale) * scale;
        }
      }
      return numbers;
    }

    /// Of a group of 8-bit numbers.
    private static float scale(float[] numbers, int from) {
      float most = 0;
      for (int i = from; i < from + GROUP; i++) {
        most = Math.max(most, Math.abs(numbers[i]));
      }
      return most / 127;
    }

    private void store(float[] numbers, int block, MemorySegment target) {
      int from = block * BLOCK * HEAD_DIM;
      int end = Math.min(numbers.length - HEAD_DIM, from + BLOCK * HEAD_DIM); // without the newest
      if (type == DType.I8) {
        for (int row = from; row < end; row += HEAD_DIM) {
          storeBytes(numbers, row, target, (long) (row - from) / HEAD_DIM * layout.rowBytes());
        }
        return;
      }
      for (int i = from; i < end; i++) {
        if (type == DType.F16) {
          target.setAtIndex(ValueLayout.JAVA_SHORT, i - from, Float.floatToFloat16(numbers[i]));
        } else {
          target.setAtIndex(ValueLayout.JAVA_FLOAT, i - from, numbers[i]);
        }
      }
    }

    /// One row: its numbers, then the scales of its groups.
    private static void storeBytes(float[] numbers, int row, MemorySegment target, long at) {
      for (int group = 0; group < HEAD_DIM / GROUP; group++) {
        float scale = scale(numbers, row + group * GROUP);
        for (int i = group * GROUP; i < (group + 1) * GROUP; i++) {
          int number = scale > 0 ? Math.round(numbers[row + i] / scale) : 0;
          target.set(ValueLayout.JAVA_BYTE, at + i, (byte) number);
        }
        target.set(ValueLayout.JAVA_FLOAT, at + HEAD_DIM + 4L * group, scale);
      }
    }

    private float[] last(float[][] heads) {
      float[] last = new float[KV_HEADS * HEAD_DIM];
      for (int head = 0; head < KV_HEADS; head++) {
        System.arraycopy(heads[head], (length - 1) * HEAD_DIM, last, head * HEAD_DIM, HEAD_DIM);
      }
      return last;
    }

    void attend() {
      PagedAttention.attend(layout, List.of(new Sequence(blocks, length, 0, false)), 0, pass);
    }

    void compare(Trial trial, Numbers numbers) {
      attend();
      float[] found = output.toArray(ValueLayout.JAVA_FLOAT);
      for (int head = 0; head < HEADS; head++) {
        int kv = head / (HEADS / KV_HEADS);
        double[] weights = weights(head, keys[kv]);
        double scores = largestScore(head, keys[kv]);
        for (int i = 0; i < HEAD_DIM; i++) {
          double sum = 0;
          double magnitude = 0;
          for (int j = 0; j < length; j++) {
            sum += weights[j] * values[kv][j * HEAD_DIM + i];
            magnitude = Math.max(magnitude, Math.abs(values[kv][j * HEAD_DIM + i]));
          }
          // fp32 knows a score of s to about s * 1e-6, and its weight by so much of itself
          double allowed = magnitude * (1e-5 + 4e-6 * scores);
          trial.expect(
              found[head * HEAD_DIM + i], sum, allowed, numbers + ", " + length + " tokens");
        }
      }
    }

    private double score(int head, float[] key, int token) {
      double score = 0;
      for (int i = 0; i < HEAD_DIM; i++) {
        score += (double) query[head * HEAD_DIM + i] * key[token * HEAD_DIM + i];
      }
      return score / Math.sqrt(HEAD_DIM);
    }

    private double largestScore(int head, float[] key) {
      double largest = 0;
      for (int token = 0; token < length; token++) {
        largest = Math.max(largest, Math.abs(score(head, key, token)));
      }
      return largest;
    }

    private double[] weights(int head, float[] key) {
      double[] weights = new double[length];
      double most = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < length; j++) {
        weights[j] = score(head, key, j);
        most = Math.max(most, weights[j]);
      }
      double total = 0;
      for (int j = 0; j < length; j++) {
        weights[j] = Math.exp(weights[j] - most);
        total += weights[j];
      }
      for (int j = 0; j < length; j++) {
        weights[j] /= total;
      }
      return weights;
    }
  }
}
