package llava4j.constraint.automaton;

import java.nio.charset.StandardCharsets;

/// Bytes that are known.
final class LiteralLeaf extends Leaf {
  private final byte[] bytes;
  private final int at;
  private LiteralLeaf rest;

  private LiteralLeaf(byte[] bytes, int at) {
    this.bytes = bytes;
    this.at = at;
  }

  static LiteralLeaf of(String text) {
    return new LiteralLeaf(text.getBytes(StandardCharsets.UTF_8), 0);
  }

  @Override
  protected Leaf step(int value) {
    return next(value);
  }

  @Override
  Leaf next(int value) {
    if (at == bytes.length || (bytes[at] & 0xFF) != value) {
      return null;
    }
    if (rest == null) {
      rest = new LiteralLeaf(bytes, at + 1);
    }
    return rest;
  }

  @Override
  public boolean isAccepting() {
    return at == bytes.length;
  }

  @Override
  public boolean isFinished() {
    return at == bytes.length;
  }
}
