package llava4j.quant;

import llava4j.quant.BlockMatrix.Layout;

/// A block of activations that were rounded to 8 bits, as functions in machine code read it: the
/// numbers, a byte each; the scale, F32; and what a sum of products is more than zero by, because
/// weights are kept without sign, negated, in 32 bits.
///
/// Beside weights of 4 bits the numbers of even columns stand before those of odd ones, eight at a
/// time, as the halves of bytes have them.
///
/// @param bits of the weights
/// @param values numbers of the block, 16 or 32
record RoundedBlock(int bits, int values) {
  static RoundedBlock of(Layout weights) {
    return new RoundedBlock(weights.bits(), weights.blockValues());
  }

  int bytes() {
    return values + Float.BYTES + Integer.BYTES;
  }

  int scaleAt() {
    return values;
  }

  int offsetAt() {
    return values + Float.BYTES;
  }

  /// Bits to shift the sum of the numbers by: a weight of zero is kept as 8 or 128.
  int zeroBits() {
    return bits - 1;
  }
}
