package llava4j.quant;

import static llava4j.assembly.Instruction.VBROADCASTSS;
import static llava4j.assembly.Instruction.VCVTDQ2PS;
import static llava4j.assembly.Instruction.VCVTPH2PS;
import static llava4j.assembly.Instruction.VFMADD231PS;
import static llava4j.assembly.Instruction.VMOVDQU;
import static llava4j.assembly.Instruction.VMOVUPS;
import static llava4j.assembly.Instruction.VMOVUPS_STORE;
import static llava4j.assembly.Instruction.VMULPS;
import static llava4j.assembly.Instruction.VPADDD;
import static llava4j.assembly.Instruction.VPADDW;
import static llava4j.assembly.Instruction.VPAND;
import static llava4j.assembly.Instruction.VPBROADCASTD;
import static llava4j.assembly.Instruction.VPDPBUSD;
import static llava4j.assembly.Instruction.VPMADDUBSW;
import static llava4j.assembly.Instruction.VPMADDWD;
import static llava4j.assembly.Instruction.VPXOR;
import static llava4j.assembly.Register.R10;
import static llava4j.assembly.Register.R11;
import static llava4j.assembly.Register.R8;
import static llava4j.assembly.Register.R9;
import static llava4j.assembly.Register.RAX;
import static llava4j.assembly.Register.RCX;
import static llava4j.assembly.Register.RDI;
import static llava4j.assembly.Register.RDX;
import static llava4j.assembly.Register.RSI;

import llava4j.assembly.Assembler;
import llava4j.assembly.InstructionSet;
import llava4j.assembly.Memory;

/// Writes the function that multiplies panels of 32 output rows with some rows of activations.
///
/// A lane of a vector is an output row. For each block it sums products of bytes, weights without
/// their sign and activations with it, from an offset that takes the weights' zero away; then `sum
/// += scale of weights · scale of activations · sum of the block`, rounded twice. The bits of a
/// product do not depend on how many rows are multiplied, nor on the instruction set.
///
/// Where only two products are summed at a time (AVX2), in 16 bits, weights of 8 bits are
/// multiplied as two halves of 4 bits: 8 sums of two products up to 15 · 127 stay below 2^15.
final class ProductCode {
  private static final int LOW_HALVES = 0x0F0F0F0F;
  private static final int ONES = 0x00010001;

  private final Assembler code;
  private final PanelShape shape;
  private final RoundedBlock activations;
  private final boolean sumsFour;
  private final int rows;
  private final int strips; // vectors of output rows at a time
  private final int allStrips;

  // numbers of vector registers
  private final int totals;
  private final int sums;
  private final int highSums;
  private final int low;
  private final int high;
  private final int other;
  private final int mask;
  private final int ones;

  private ProductCode(InstructionSet set, PanelShape shape, int rows) {
    this.code = new Assembler(set.width());
    this.shape = shape;
    this.activations = RoundedBlock.of(shape.blocks());
    this.sumsFour = set.sumsFourProducts();
    this.rows = rows;
    this.allStrips = PanelShape.ROWS * Integer.BYTES / set.width();
    int last = code.registers() - 1;
    this.mask = last;
    this.ones = last - 1;
    int perProduct = hasHighSums() ? 3 : 2;
    int free = last - (sumsFour ? 0 : 1) - 3; // beside low, high and other
    int most = allStrips;
    while (most > 1 && most * rows * perProduct > free) {
      most /= 2;
    }
    if (most * rows * perProduct > free) {
      throw new IllegalArgumentException(rows + " rows need too many registers");
    }
    this.strips = most;
    int products = strips * rows;
    this.totals = 0;
    this.sums = products;
    this.highSums = 2 * products;
    this.low = perProduct * products;
    this.high = low + 1;
    this.other = low + 2;
  }

  /// The most rows that are multiplied at once: as many as the registers have room for.
  static int mostRows(InstructionSet set, int bits) {
    return switch (set) {
      case AVX512_VNNI -> 12; // 14 have registers, but need displacements of 4 bytes
      case AVX_VNNI -> 6;
      case AVX2 -> bits == 4 ? 5 : 3;
    };
  }

  /// A function of the panels, the rounded rows (see [RoundedBlock]), the output [rows, out], the
  /// bytes of an output row, the number of panels and the number of blocks. It writes 32 products
  /// of each row for each panel.
  ///
  /// @param rows from 1 to [#mostRows]
  static byte[] of(InstructionSet set, PanelShape shape, int rows) {
    return new ProductCode(set, shape, rows).write();
  }

  private boolean hasHighSums() {
    return !sumsFour && shape.blocks().bits() == 8;
  }

  private byte[] write() {
    code.repeat(mask, LOW_HALVES);
    if (!sumsFour) {
      code.repeat(ones, ONES);
    }
    int nextPanel = code.here();
    for (int strip = 0; strip < allStrips; strip += strips) {
      if (strip > 0) { // back to the start of the panel
        code.multiply(RAX, R9, shape.blockBytes());
        code.subtract(RDI, RAX);
      }
      someStrips(strip);
    }
    code.add(RDX, PanelShape.ROWS * Float.BYTES);
    code.decrement(R8);
    code.jumpIfNotZero(nextPanel);
    code.end();
    return code.code();
  }

  /// All blocks of some strips.
  private void someStrips(int first) {
    code.move(R10, RSI);
    code.move(R11, R9);
    for (int i = 0; i < strips * rows; i++) {
      code.vector(VPXOR, totals + i, totals + i, totals + i);
    }
    int nextBlock = code.here();
    block(first);
    code.add(RDI, shape.blockBytes());
    code.add(R10, rows * activations.bytes());
    code.decrement(R11);
    code.jumpIfNotZero(nextBlock);
    code.move(R11, RDX);
    for (int row = 0; row < rows; row++) {
      for (int strip = 0; strip < strips; strip++) {
        code.store(
            VMOVUPS_STORE,
            new Memory(R11, (first + strip) * code.width()),
            totals + index(row, strip));
      }
      if (row + 1 < rows) {
        code.add(R11, RCX);
      }
    }
  }

  private int index(int row, int strip) {
    return row * strips + strip;
  }

  private void block(int first) {
    if (sumsFour) {
      for (int row = 0; row < rows; row++) {
        for (int strip = 0; strip < strips; strip++) {
          code.vector(VPBROADCASTD, sums + index(row, strip), offset(row));
        }
      }
    }
    for (int group = 0; group < shape.groups(); group++) {
      for (int strip = 0; strip < strips; strip++) {
        int at = group * shape.groupBytes() + (first + strip) * code.width();
        group(group, strip, new Memory(RDI, at));
      }
    }
    for (int strip = 0; strip < strips; strip++) {
      scales(first + strip);
      for (int row = 0; row < rows; row++) {
        addBlock(row, strip);
      }
    }
  }

  /// Four bytes of each output row: eight or four columns.
  private void group(int group, int strip, Memory weights) {
    boolean halves = shape.blocks().bits() == 4 || !sumsFour;
    if (halves) {
      code.vector(VMOVDQU, high, weights);
      code.vector(VPAND, low, high, mask);
      code.shiftRight(high, high, 4);
      code.vector(VPAND, high, high, mask);
    } else {
      code.vector(VMOVDQU, low, weights);
    }
    int column = group * shape.groupColumns();
    for (int row = 0; row < rows; row++) {
      products(sums + index(row, strip), low, numbers(row, column), group == 0);
    }
    for (int row = 0; row < rows && halves; row++) {
      if (shape.blocks().bits() == 4) {
        products(sums + index(row, strip), high, numbers(row, column + 4), false);
      } else {
        products(highSums + index(row, strip), high, numbers(row, column), group == 0);
      }
    }
  }

  /// Adds products of four columns.
  ///
  /// @param first whether the sum has nothing yet, if there is no offset in it
  private void products(int sum, int weights, Memory numbers, boolean first) {
    if (sumsFour && code.width() == Assembler.AVX512) {
      code.vectorOfRepeated(VPDPBUSD, sum, weights, numbers);
      return;
    }
    code.vector(VPBROADCASTD, other, numbers);
    if (sumsFour) {
      code.vector(VPDPBUSD, sum, weights, other);
    } else if (first) {
      code.vector(VPMADDUBSW, sum, weights, other);
    } else {
      code.vector(VPMADDUBSW, other, weights, other);
      code.vector(VPADDW, sum, sum, other);
    }
  }

  /// The scales of a strip's weights, into `low`.
  private void scales(int strip) {
    if (shape.wideScales()) {
      code.vector(VMOVUPS, low, new Memory(RDI, shape.numberBytes() + strip * code.width()));
    } else {
      code.vector(VCVTPH2PS, low, new Memory(RDI, shape.numberBytes() + strip * code.width() / 2));
    }
  }

  private void addBlock(int row, int strip) {
    int sum = sums + index(row, strip);
    if (!sumsFour) {
      sumOfPairs(row, strip, sum);
    }
    code.vector(VCVTDQ2PS, sum, sum);
    if (code.width() == Assembler.AVX512) {
      code.vectorOfRepeated(VMULPS, other, low, scale(row));
    } else {
      code.vector(VBROADCASTSS, other, scale(row));
      code.vector(VMULPS, other, low, other);
    }
    code.vector(VFMADD231PS, totals + index(row, strip), sum, other);
  }

  /// From sums of 16 bits to sums of 32, with the offset.
  private void sumOfPairs(int row, int strip, int sum) {
    code.vector(VPMADDWD, sum, sum, ones);
    if (hasHighSums()) {
      int highSum = highSums + index(row, strip);
      code.vector(VPMADDWD, highSum, highSum, ones);
      code.shiftLeft(highSum, highSum, 4);
      code.vector(VPADDD, sum, sum, highSum);
    }
    code.vector(VPBROADCASTD, other, offset(row));
    code.vector(VPADDD, sum, sum, other);
  }

  private Memory numbers(int row, int column) {
    return activations(row, column);
  }

  private Memory scale(int row) {
    return activations(row, activations.scaleAt());
  }

  private Memory offset(int row) {
    return activations(row, activations.offsetAt());
  }

  private Memory activations(int row, int place) {
    return new Memory(R10, row * activations.bytes() + place);
  }
}
