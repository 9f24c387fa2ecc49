package llava4j.assembly;

import java.io.ByteArrayOutputStream;

/// Writes functions in machine code of x86-64.
///
/// Vectors are registers with the numbers from 0 on, all of one width: 32 bytes (16 registers,
/// AVX2) or 64 (32 registers, AVX-512). Operands are in Intel's order: the result first. Encodings:
/// Intel's Software Developer's Manual, volume 2, sections 2.3 (VEX) and 2.7 (EVEX).
public final class Assembler {
  // places for `permute`
  private static final int SWAPPED_HALVES = 0b01_00_11_10;
  private static final int SWAPPED_PAIRS = 0b10_11_00_01;

  /// Bytes of a vector of AVX2.
  public static final int AVX2 = 32;

  /// Bytes of a vector of AVX-512.
  public static final int AVX512 = 64;

  private final ByteArrayOutputStream code = new ByteArrayOutputStream();
  private final int width;

  /// @param width bytes of a vector, [#AVX2] or [#AVX512]
  public Assembler(int width) {
    if (width != AVX2 && width != AVX512) {
      throw new IllegalArgumentException("vectors of " + width + " bytes");
    }
    this.width = width;
  }

  /// Bytes of a vector.
  public int width() {
    return width;
  }

  /// Number of vector registers.
  public int registers() {
    return width == AVX512 ? 32 : 16;
  }

  /// What was written so far.
  public byte[] code() {
    return code.toByteArray();
  }

  /// A place that [#jumpIfNotZero] may go to.
  public int here() {
    return code.size();
  }

  /// `to = instruction(left, right)`.
  public void vector(Instruction instruction, int to, int left, int right) {
    prefix(instruction, to, left, right, false, width);
    bytes(instruction.opcode(), registers(to, right));
  }

  /// `to = instruction(left, [right])`.
  public void vector(Instruction instruction, int to, int left, Memory right) {
    withMemory(instruction, to, left, right, false, width);
  }

  /// As `vector`, for one number of 32 bits in memory that is repeated. AVX-512 only.
  public void vectorOfRepeated(Instruction instruction, int to, int left, Memory right) {
    requireAvx512();
    withMemory(instruction, to, left, right, true, width);
  }

  /// `to = instruction(from)`.
  public void vector(Instruction instruction, int to, int from) {
    vector(instruction, to, 0, from);
  }

  /// `to = instruction([from])`.
  public void vector(Instruction instruction, int to, Memory from) {
    vector(instruction, to, 0, from);
  }

  /// `[to] = from`.
  public void store(Instruction instruction, Memory to, int from) {
    withMemory(instruction, from, 0, to, false, width);
  }

  /// Stores the first bytes of a vector, one of the first 16: the instruction's number, or else 16
  /// bytes.
  public void storeLow(Instruction instruction, Memory to, int from) {
    withMemory(instruction, from, 0, to, false, AVX2 / 2);
  }

  /// Stores the lower half of a vector, one of the first 16. AVX-512 only.
  public void storeLowerHalf(Instruction instruction, Memory to, int from) {
    requireAvx512();
    withMemory(instruction, from, 0, to, false, AVX2);
  }

  /// Stores a vector whose numbers were rounded to half their bytes.
  public void storeHalves(Instruction instruction, Memory to, int from, int rounding) {
    store(instruction, to, from);
    bytes(rounding);
  }

  /// `to` has the numbers of `from` that `places` says.
  public void permute(Instruction instruction, int to, int from, int places) {
    vector(instruction, to, 0, from);
    bytes(places);
  }

  /// Combines all numbers of 32 bits of a vector: halves with each other, until one number is left.
  /// Each becomes the result.
  ///
  /// @param other a vector that is changed
  public void overLanes(Instruction instruction, int vector, int other) {
    if (width == AVX512) {
      swapQuarters(other, vector, SWAPPED_HALVES);
      vector(instruction, vector, vector, other);
      swapQuarters(other, vector, SWAPPED_PAIRS);
    } else {
      permute(Instruction.VPERMQ, other, vector, SWAPPED_HALVES);
    }
    vector(instruction, vector, vector, other);
    permute(Instruction.VPSHUFD, other, vector, SWAPPED_HALVES);
    vector(instruction, vector, vector, other);
    permute(Instruction.VPSHUFD, other, vector, SWAPPED_PAIRS);
    vector(instruction, vector, vector, other);
  }

  private void swapQuarters(int to, int from, int places) {
    vector(Instruction.VSHUFF64X2, to, from, from);
    bytes(places);
  }

  /// Shifts numbers of 32 bits to the right, and fills with zeros.
  public void shiftRight(int to, int from, int bits) {
    shift(2, to, from, bits);
  }

  /// Shifts numbers of 32 bits to the right, and fills with the sign.
  public void shiftRightSigned(int to, int from, int bits) {
    shift(4, to, from, bits);
  }

  /// Shifts numbers of 32 bits to the left.
  public void shiftLeft(int to, int from, int bits) {
    shift(6, to, from, bits);
  }

  private void shift(int kind, int to, int from, int bits) {
    encode(Instruction.Prefix.OPERAND, 1, false, kind, to, from, false, width);
    bytes(0x72, registers(kind, from), bits);
  }

  /// Fills a vector with a number. Changes RAX and vector 0.
  public void repeat(int to, int value) {
    bytes(0xB8); // mov eax, value
    number(value, Integer.BYTES);
    encode(Instruction.Prefix.OPERAND, 1, false, 0, 0, 0, false, AVX2 / 2);
    bytes(0x6E, registers(0, 0)); // vmovd xmm0, eax
    vector(Instruction.VPBROADCASTD, to, 0);
  }

  /// Fills the lowest 8 bytes of a vector, and the rest with zeros. Changes RAX. AVX2 only.
  public void lowest(int to, long value) {
    requireAvx2();
    bytes(longs(0, 0), 0xB8); // mov rax, value
    number(value, Long.BYTES);
    encode(Instruction.Prefix.OPERAND, 1, true, to, 0, 0, false, AVX2 / 2);
    bytes(Instruction.VMOVQ.opcode(), registers(to, 0));
  }

  /// Has the processor fetch memory that is read soon. No fault if there is none.
  public void prefetch(Memory memory) {
    int base = memory.base().number();
    if (base >= 8) {
      bytes(0x41);
    }
    bytes(0x0F, 0x18, 0x80 | operands(1, base));
    number(memory.displacement(), Integer.BYTES);
  }

  /// `to = from`.
  public void move(Register to, Register from) {
    twoRegisters(0x89, to, from);
  }

  /// `to = value`.
  public void set(Register to, int value) {
    bytes(longs(0, to.number()), 0xC7, registers(0, to.number()));
    number(value, Integer.BYTES);
  }

  /// `to += from`.
  public void add(Register to, Register from) {
    twoRegisters(0x01, to, from);
  }

  /// `to -= from`.
  public void subtract(Register to, Register from) {
    twoRegisters(0x29, to, from);
  }

  /// `to += value`.
  public void add(Register to, int value) {
    bytes(longs(0, to.number()), 0x81, registers(0, to.number()));
    number(value, Integer.BYTES);
  }

  /// `to = from · value`.
  public void multiply(Register to, Register from, int value) {
    bytes(longs(to.number(), from.number()), 0x69, registers(to.number(), from.number()));
    number(value, Integer.BYTES);
  }

  /// Takes one; [#jumpIfNotZero] then asks for the result.
  public void decrement(Register register) {
    bytes(longs(0, register.number()), 0xFF, registers(1, register.number()));
  }

  /// Goes on at a place that was written before, if the last result is not zero.
  public void jumpIfNotZero(int place) {
    bytes(0x0F, 0x85);
    number(place - (code.size() + Integer.BYTES), Integer.BYTES);
  }

  /// Returns to the caller, which may use older instructions on vectors.
  public void end() {
    bytes(0xC5, 0xF8, 0x77, 0xC3); // vzeroupper, ret
  }

  /// The prefix REX for operands of 64 bits, with the highest bits of two registers' numbers.
  private static int longs(int left, int right) {
    return 0x48 | ((left & 8) >> 1) | ((right & 8) >> 3);
  }

  /// The byte that names two operands by the lower bits of their registers' numbers.
  private static int operands(int left, int right) {
    return ((left & 7) << 3) | (right & 7);
  }

  /// The same for two registers, of which none holds an address.
  private static int registers(int left, int right) {
    return 0xC0 | operands(left, right);
  }

  private void twoRegisters(int opcode, Register to, Register from) {
    bytes(longs(from.number(), to.number()), opcode, registers(from.number(), to.number()));
  }

  private void withMemory(
      Instruction instruction, int vector, int left, Memory memory, boolean repeated, int length) {
    int base = memory.base().number();
    prefix(instruction, vector, left, base, repeated, length);
    bytes(instruction.opcode());
    // AVX-512 counts short displacements in units of what is read
    int unit = length != AVX512 ? 1 : repeated ? Integer.BYTES : instruction.memoryBytes(width);
    int displacement = memory.displacement();
    int place = operands(vector, base);
    if (displacement % unit == 0 && (byte) (displacement / unit) == displacement / unit) {
      bytes(0x40 | place, displacement / unit & 255);
    } else {
      bytes(0x80 | place);
      number(displacement, Integer.BYTES);
    }
  }

  private void prefix(
      Instruction instruction, int to, int left, int right, boolean repeated, int length) {
    encode(
        instruction.prefix(),
        instruction.map(),
        instruction.isLong(),
        to,
        left,
        right,
        repeated,
        length);
  }

  /// Writes a prefix VEX or EVEX, which keep most bits of registers' numbers inverted.
  ///
  /// @param length bytes of the vectors: `width`, or 16 for the lowest numbers alone
  private void encode(
      Instruction.Prefix prefix,
      int map,
      boolean isLong,
      int to,
      int left,
      int right,
      boolean repeated,
      int length) {
    if (Math.max(left, Math.max(to, right)) >= (length == AVX512 ? 32 : 16)) {
      throw new IllegalArgumentException("registers " + to + ", " + left + ", " + right);
    }
    int high = ((~to & 8) << 4) | ((~right & 16) << 2) | ((~right & 8) << 2);
    int middle = (isLong ? 0x80 : 0) | ((~left & 15) << 3) | prefix.code();
    if (length == AVX512) {
      bytes(
          0x62,
          high | (~to & 16) | map,
          middle | 4,
          0x40 | (repeated ? 0x10 : 0) | ((~left & 16) >> 1));
    } else {
      bytes(0xC4, high | map, middle | (length == AVX2 ? 4 : 0));
    }
  }

  private void requireAvx2() {
    if (width != AVX2) {
      throw new IllegalStateException("not written for AVX-512");
    }
  }

  private void requireAvx512() {
    if (width != AVX512) {
      throw new IllegalStateException("only AVX-512 has this");
    }
  }

  private void bytes(int... values) {
    for (int value : values) {
      code.write(value);
    }
  }

  private void number(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      code.write((int) (value >> (8 * i)));
    }
  }
}
