package llava4j.assembly;

/// The registers for addresses and counts that a function may change. The first six hold its
/// arguments, in this order (System V calling convention, which Linux and macOS use).
public enum Register {
  RDI(7),
  RSI(6),
  RDX(2),
  RCX(1),
  R8(8),
  R9(9),
  RAX(0),
  R10(10),
  R11(11);

  private final int number;

  Register(int number) {
    this.number = number;
  }

  /// The number in instructions.
  int number() {
    return number;
  }
}
