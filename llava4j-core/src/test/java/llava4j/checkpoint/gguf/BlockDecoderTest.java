package llava4j.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The block decoders against a second decoding, written from the format's description one number
/// at a time, and against what the Python package of llama.cpp (gguf 0.19.0) gives.
class BlockDecoderTest {
  private static final int NUM_BLOCKS = 64;

  /// Where each block keeps its F16 numbers.
  private static final Map<GgmlType, int[]> HALVES =
      Map.of(
          GgmlType.Q4_0, new int[] {0},
          GgmlType.Q4_1, new int[] {0, 2},
          GgmlType.Q5_0, new int[] {0},
          GgmlType.Q5_1, new int[] {0, 2},
          GgmlType.Q8_0, new int[] {0},
          GgmlType.Q2_K, new int[] {80, 82},
          GgmlType.Q3_K, new int[] {108},
          GgmlType.Q4_K, new int[] {0, 2},
          GgmlType.Q5_K, new int[] {0, 2},
          GgmlType.Q6_K, new int[] {208});

  /// CRC-32 of the little-endian F32 numbers that gguf.quants.dequantize gives for [#blocks].
  private static final Map<GgmlType, Long> REFERENCE =
      Map.of(
          GgmlType.Q4_0, 0xccb3c37cL,
          GgmlType.Q4_1, 0x10448053L,
          GgmlType.Q5_0, 0xd1b01d7eL,
          GgmlType.Q5_1, 0x7f217766L,
          GgmlType.Q8_0, 0x847cae5bL,
          GgmlType.Q2_K, 0x5f08b172L,
          GgmlType.Q3_K, 0x0725a959L,
          GgmlType.Q4_K, 0xcb87844eL,
          GgmlType.Q5_K, 0xffbc147fL,
          GgmlType.Q6_K, 0x41ad5072L);

  @ParameterizedTest
  @EnumSource(
      names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
  void numbersEqualThoseOfLlamaCpp(GgmlType type) {
    float[] decoded = decode(type);
    ByteBuffer bytes = ByteBuffer.allocate(decoded.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(decoded);
    CRC32 crc = new CRC32();
    crc.update(bytes.array());
    assertThat(crc.getValue()).isEqualTo(REFERENCE.get(type));
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"})
  void numbersEqualAStraightforwardDecoding(GgmlType type) {
    byte[] blocks = blocks(type);
    float[] decoded = decode(type);
    for (int i = 0; i < decoded.length; i++) {
      int at = i / type.blockValues() * type.blockBytes();
      double expected = straightforward(type, blocks, at, i % type.blockValues());
      assertThat((double) decoded[i])
          .as(type + " number " + i)
          .isCloseTo(expected, within(1e-6 * Math.max(16, Math.abs(expected))));
    }
  }

  /// Kept as small numbers, a matrix has the values that decoding gives; with minimums they may
  /// differ in the last digits.
  @ParameterizedTest
  @EnumSource(
      names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
  void matricesInBlocksHaveTheDecodedNumbers(GgmlType type) {
    float[] decoded = decode(type);
    int rows = 4;
    int columns = decoded.length / rows;
    BlockMatrix matrix =
        GgufBlocks.of(type, MemorySegment.ofArray(blocks(type)), rows, columns).orElseThrow();
    BlockMatrix.Row row = new BlockMatrix.Row(matrix.layout(), columns);
    for (int r = 0; r < rows; r++) {
      matrix.read(r, row);
      for (int i = 0; i < columns; i++) {
        float expected = decoded[r * columns + i];
        double most =
            matrix.layout().hasMinimums()
                ? 1e-6
                    * (Math.abs(expected)
                        + 64 * Math.abs(row.scales[i / matrix.layout().blockValues()]))
                : 0;
        assertThat((double) row.value(matrix.layout(), i))
            .as(type + " row " + r + " number " + i)
            .isCloseTo(expected, within(most));
      }
    }
  }

  @Test
  void manyChunksBecomeOneTensor() {
    GgmlType type = GgmlType.Q4_K;
    byte[] some = blocks(type);
    float[] decoded = decode(type);
    int copies = 7; // more blocks than a chunk holds, and no multiple of it
    byte[] all = new byte[copies * some.length];
    for (int i = 0; i < copies; i++) {
      System.arraycopy(some, 0, all, i * some.length, some.length);
    }
    try (Scope _ = new Scope()) {
      float[] values =
          Tensors.toFloats(
              TensorDecoder.decode(
                  type, MemorySegment.ofArray(all), DType.F32, copies, decoded.length));
      for (int i = 0; i < copies; i++) {
        assertThat(Arrays.copyOfRange(values, i * decoded.length, (i + 1) * decoded.length))
            .containsExactly(decoded);
      }
    }
  }

  /// Rounded on the way, numbers are those that libtorch rounds afterwards, bit for bit.
  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q8_0", "Q5_1", "Q6_K"})
  void halfPrecisionIsRoundedAsLibtorchRounds(GgmlType type) {
    MemorySegment stored = MemorySegment.ofArray(withOddScales(type));
    long values = (long) NUM_BLOCKS * type.blockValues();
    try (Scope _ = new Scope()) {
      Tensor wide = TensorDecoder.decode(type, stored, DType.F32, values);
      for (DType half : List.of(DType.F16, DType.BF16)) {
        Tensor expected = wide.to(half.scalarType());
        Tensor found = TensorDecoder.decode(type, stored, half, values);
        assertThat(Tensors.type(found)).isEqualTo(half);
        assertThat(bits(found)).isEqualTo(bits(expected));
      }
    }
  }

  /// One scale is infinite, one so small that products are subnormal.
  private static byte[] withOddScales(GgmlType type) {
    byte[] blocks = blocks(type);
    int half = HALVES.get(type)[0];
    blocks[half] = 0;
    blocks[half + 1] = 0x7C;
    blocks[type.blockBytes() + half] = 3;
    blocks[type.blockBytes() + half + 1] = 0;
    return blocks;
  }

  /// The numbers' bits; every NaN alike.
  private static long[] bits(Tensor half) {
    Tensor same = half.isnan();
    return Tensors.toLongs(half.view(DType.I16.scalarType()).masked_fill(same, new Scalar(0x7000)));
  }

  @Test
  void everyReadableTypeIsDecodedOrViewed() {
    for (GgmlType type : GgmlType.values()) {
      assertThat(type.support() == GgmlType.Support.DECODE)
          .as(type.name())
          .isEqualTo(HALVES.containsKey(type));
    }
  }

  private static float[] decode(GgmlType type) {
    float[] decoded = new float[NUM_BLOCKS * type.blockValues()];
    BlockDecoder.decode(type, blocks(type), NUM_BLOCKS, decoded);
    return decoded;
  }

  /// The same bytes for everybody: a linear congruential generator, with scales kept below 2.
  private static byte[] blocks(GgmlType type) {
    byte[] blocks = new byte[NUM_BLOCKS * type.blockBytes()];
    int state = 1;
    for (int i = 0; i < blocks.length; i++) {
      state = state * 1103515245 + 12345;
      blocks[i] = (byte) (state >>> 16);
    }
    for (int block = 0; block < NUM_BLOCKS; block++) {
      for (int half : HALVES.get(type)) {
        blocks[block * type.blockBytes() + half + 1] &= 0x3F;
      }
    }
    return blocks;
  }

  /// Number `i` of the block at `at`, in double.
  private static double straightforward(GgmlType type, byte[] blocks, int at, int i) {
    int nibble = i % 16;
    int shift = i < 16 ? 0 : 4;
    if (type == GgmlType.Q8_0) {
      return half(blocks, at) * blocks[at + 2 + i];
    }
    if (type == GgmlType.Q4_0) {
      return half(blocks, at) * (bits(blocks[at + 2 + nibble], shift, 4) - 8);
    }
    if (type == GgmlType.Q4_1) {
      return half(blocks, at) * bits(blocks[at + 4 + nibble], shift, 4) + half(blocks, at + 2);
    }
    if (type == GgmlType.Q5_0) {
      int fifth = bits(blocks[at + 2 + i / 8], i % 8, 1);
      return half(blocks, at) * (bits(blocks[at + 6 + nibble], shift, 4) + 16 * fifth - 16);
    }
    if (type == GgmlType.Q5_1) {
      int fifth = bits(blocks[at + 4 + i / 8], i % 8, 1);
      return half(blocks, at) * (bits(blocks[at + 8 + nibble], shift, 4) + 16 * fifth)
          + half(blocks, at + 2);
    }
    return type == GgmlType.Q6_K ? sixBits(blocks, at, i) : fourOrFiveBits(type, blocks, at, i);
  }

  private static double fourOrFiveBits(GgmlType type, byte[] blocks, int at, int i) {
    int group = i / 32;
    int[] scales = new int[8];
    int[] minimums = new int[8];
    for (int j = 0; j < 4; j++) {
      int a = blocks[at + 4 + j];
      int b = blocks[at + 8 + j];
      int c = blocks[at + 12 + j];
      scales[j] = bits(a, 0, 6);
      minimums[j] = bits(b, 0, 6);
      scales[j + 4] = bits(c, 0, 4) + 16 * bits(a, 6, 2);
      minimums[j + 4] = bits(c, 4, 4) + 16 * bits(b, 6, 2);
    }
    int nibbles = type == GgmlType.Q4_K ? 16 : 48;
    int number = bits(blocks[at + nibbles + i / 64 * 32 + i % 32], i / 32 % 2 * 4, 4);
    if (type == GgmlType.Q5_K) {
      number += 16 * bits(blocks[at + 16 + i % 32], group, 1);
    }
    return half(blocks, at) * scales[group] * number - half(blocks, at + 2) * minimums[group];
  }

  private static double sixBits(byte[] blocks, int at, int i) {
    int inHalf = i % 128;
    int low = bits(blocks[at + i / 128 * 64 + inHalf % 64], inHalf / 64 * 4, 4);
    int high = bits(blocks[at + 128 + i / 128 * 32 + inHalf % 32], inHalf / 32 * 2, 2);
    return half(blocks, at + 208) * blocks[at + 192 + i / 16] * (low + 16 * high - 32);
  }

  private static int bits(int value, int from, int count) {
    return (value >> from) & ((1 << count) - 1);
  }

  private static double half(byte[] blocks, int at) {
    return Float.float16ToFloat(
        ByteBuffer.wrap(blocks).order(ByteOrder.LITTLE_ENDIAN).getShort(at));
  }
}
