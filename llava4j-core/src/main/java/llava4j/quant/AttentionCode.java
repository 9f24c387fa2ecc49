package llava4j.quant;

import static llava4j.assembly.Instruction.VADDPS;
import static llava4j.assembly.Instruction.VBROADCASTSS;
import static llava4j.assembly.Instruction.VCVTPH2PS;
import static llava4j.assembly.Instruction.VCVTPS2PH_STORE;
import static llava4j.assembly.Instruction.VFMADD231PS;
import static llava4j.assembly.Instruction.VMOVD_STORE;
import static llava4j.assembly.Instruction.VMOVSS_STORE;
import static llava4j.assembly.Instruction.VMOVUPS;
import static llava4j.assembly.Instruction.VMOVUPS_STORE;
import static llava4j.assembly.Instruction.VPAND;
import static llava4j.assembly.Instruction.VPMAXSD;
import static llava4j.assembly.Instruction.VPXOR;
import static llava4j.assembly.Register.R10;
import static llava4j.assembly.Register.R11;
import static llava4j.assembly.Register.R8;
import static llava4j.assembly.Register.RAX;
import static llava4j.assembly.Register.RCX;
import static llava4j.assembly.Register.RDI;
import static llava4j.assembly.Register.RDX;
import static llava4j.assembly.Register.RSI;

import llava4j.assembly.Assembler;
import llava4j.assembly.InstructionSet;
import llava4j.assembly.Memory;
import llava4j.assembly.Register;

/// Writes the functions of attention over keys and values in F16, for a number of dimensions of a
/// head, a multiple of 8, and a number of queries that read a key or value together. Sums are fp32,
/// and those of a query are added in one order, however many there are.
final class AttentionCode {
  /// Sums of a key's products with a query: with one, each addition would wait for the one before.
  private static final int SUMS = 2;

  /// Bytes that memory is fetched in.
  private static final int LINE = 64;

  private static final int TO_NEAREST = 0;

  private final Assembler code;
  private final int lanes;
  private final int vectors;
  private final int rowBytes;
  private final int headBytes; // of a query
  private final int queries;
  private final int apart;

  private AttentionCode(int width, int headDim, int queries, int apart) {
    if (!takes(headDim)) {
      throw new IllegalArgumentException("heads of " + headDim);
    }
    this.code = new Assembler(width);
    this.lanes = width / Float.BYTES;
    this.vectors = headDim / lanes;
    this.rowBytes = headDim * Short.BYTES;
    this.headBytes = headDim * Float.BYTES;
    this.queries = queries;
    this.apart = apart;
  }

  /// Whether heads of this many dimensions have functions.
  static boolean takes(int headDim) {
    return headDim % (Assembler.AVX2 / Float.BYTES) == 0;
  }

  /// Bytes of a vector in the functions of a processor.
  static int width(InstructionSet set, int headDim) {
    return headDim * Float.BYTES % set.width() == 0 ? set.width() : Assembler.AVX2;
  }

  /// The most queries of a function, a power of two.
  static int mostQueries(int width) {
    return width == Assembler.AVX512 ? 8 : 4;
  }

  /// A function of keys [rows, headDim], F16, the number of rows, the queries [queries, headDim],
  /// fp32, the place of the first score, and as many keys or values that are read next, which one
  /// query alone looks at: writes the products of each key with the queries.
  ///
  /// @param apart bytes from a query's scores to the next one's
  static byte[] scores(int width, int headDim, int queries, int apart) {
    return new AttentionCode(width, headDim, queries, apart).scores();
  }

  /// A function of values [rows, headDim], F16, the number of rows, the place of the first weight,
  /// the sums [queries, headDim], fp32, and what is read next: adds each value times its weight.
  static byte[] blend(int width, int headDim, int queries, int apart) {
    return new AttentionCode(width, headDim, queries, apart).blend();
  }

  /// A function of numbers, fp32, the place for them in F16, a place for the bits of the largest
  /// magnitude, fp32, a place that it does not look at, and how many eights of numbers there are.
  static byte[] halves() {
    int value = 1;
    int other = 2;
    int magnitude = 3;
    Assembler code = new Assembler(Assembler.AVX2);
    code.repeat(magnitude, Integer.MAX_VALUE);
    code.vector(VPXOR, 0, 0, 0);
    int next = code.here();
    code.vector(VMOVUPS, value, new Memory(RDI, 0));
    code.storeHalves(VCVTPS2PH_STORE, new Memory(RSI, 0), value, TO_NEAREST);
    code.vector(VPAND, value, value, magnitude);
    code.vector(VPMAXSD, 0, 0, value);
    code.add(RDI, Assembler.AVX2);
    code.add(RSI, Assembler.AVX2 / 2);
    code.decrement(R8);
    code.jumpIfNotZero(next);
    code.overLanes(VPMAXSD, 0, other);
    code.storeLow(VMOVD_STORE, new Memory(RDX, 0), 0);
    code.end();
    return code.code();
  }

  private byte[] scores() {
    int sums = Math.min(SUMS, vectors);
    int value = queries * sums;
    int other = value + 1;
    int next = code.here();
    for (int i = 0; i < queries * sums; i++) {
      code.vector(VPXOR, i, i, i);
    }
    for (int i = 0; i < vectors; i++) {
      code.vector(VCVTPH2PS, value, halves(RDI, i));
      for (int query = 0; query < queries; query++) {
        Memory of = new Memory(RDX, query * headBytes + i * lanes * Float.BYTES);
        code.vector(VFMADD231PS, query * sums + i % sums, value, of);
      }
    }
    for (int query = 0; query < queries; query++) {
      int sum = query * sums;
      for (int i = 1; i < sums; i++) {
        code.vector(VADDPS, sum, sum, sum + i);
      }
      code.overLanes(VADDPS, sum, other);
      code.storeLow(VMOVSS_STORE, new Memory(RCX, query * apart), sum);
    }
    fetchRow();
    code.add(RDI, rowBytes);
    code.add(RCX, Float.BYTES);
    code.decrement(RSI);
    code.jumpIfNotZero(next);
    code.end();
    return code.code();
  }

  /// Has the processor fetch a row of what is read next: its own guesses end with a block. Several
  /// queries find it in the cache.
  private void fetchRow() {
    if (queries == 1) {
      for (int at = 0; at < rowBytes; at += LINE) {
        code.prefetch(new Memory(R8, at));
      }
      code.add(R8, rowBytes);
    }
  }

  private byte[] blend() {
    int room = code.registers() / 4 * 3; // for sums: 12 or 24
    int together = Math.max(1, room / queries);
    if (code.width() == Assembler.AVX2) {
      together = Math.min(together, Math.max(1, (code.registers() - 1 - queries) / queries));
    }
    for (int first = 0; first < vectors; first += together) {
      int count = Math.min(together, vectors - first);
      int value = queries * count;
      code.move(R10, RDI);
      code.move(R11, RDX);
      code.move(RAX, RSI);
      for (int query = 0; query < queries; query++) {
        for (int i = 0; i < count; i++) {
          code.vector(VMOVUPS, query * count + i, sum(query, first + i));
        }
      }
      int next = code.here();
      weigh(first, count, value);
      code.add(R10, rowBytes);
      code.add(R11, Float.BYTES);
      if (first == 0) {
        fetchRow();
      }
      code.decrement(RAX);
      code.jumpIfNotZero(next);
      for (int query = 0; query < queries; query++) {
        for (int i = 0; i < count; i++) {
          code.store(VMOVUPS_STORE, sum(query, first + i), query * count + i);
        }
      }
    }
    code.end();
    return code.code();
  }

  /// Adds a part of a value to the sums of all queries.
  private void weigh(int first, int count, int value) {
    boolean inRegisters = code.width() == Assembler.AVX2;
    for (int query = 0; query < queries && inRegisters; query++) {
      code.vector(VBROADCASTSS, value + 1 + query, new Memory(R11, query * apart));
    }
    for (int i = 0; i < count; i++) {
      code.vector(VCVTPH2PS, value, halves(R10, first + i));
      for (int query = 0; query < queries; query++) {
        int sum = query * count + i;
        if (inRegisters) {
          code.vector(VFMADD231PS, sum, value, value + 1 + query);
        } else {
          code.vectorOfRepeated(VFMADD231PS, sum, value, new Memory(R11, query * apart));
        }
      }
    }
  }

  private Memory sum(int query, int vector) {
    return new Memory(RCX, query * headBytes + vector * lanes * Float.BYTES);
  }

  private Memory halves(Register base, int vector) {
    return new Memory(base, vector * lanes * Short.BYTES);
  }
}
