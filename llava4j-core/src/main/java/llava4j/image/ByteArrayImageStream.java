package llava4j.image;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/// Bytes in memory as ImageIO wants them. ImageIO's own stream for memory copies everything block
/// by block first.
final class ByteArrayImageStream extends ImageInputStreamImpl {
  /// Reads behind the end that any reader may try before it has told the picture's size.
  private static final long PATIENCE = 100_000;

  private final byte[] bytes;
  private long patience = PATIENCE;

  ByteArrayImageStream(byte[] bytes) {
    this.bytes = bytes;
  }

  /// Allows so many more reads behind the end. The WebP reader takes missing bits for zeros and
  /// goes on, which a whole picture of one colour needs, and a damaged one can keep up for many
  /// minutes.
  void allowReadsBehindEnd(long more) {
    patience += more;
  }

  @Override
  public int read() throws IOException {
    bitOffset = 0;
    if (streamPos < bytes.length) {
      return bytes[(int) streamPos++] & 0xFF;
    }
    if (--patience < 0) {
      throw new IOException("it is read on and on behind its end");
    }
    return -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    bitOffset = 0;
    if (length == 0) {
      return 0;
    }
    int count = (int) Math.min(length, bytes.length - streamPos);
    if (count <= 0) {
      return -1;
    }
    System.arraycopy(bytes, (int) streamPos, target, offset, count);
    streamPos += count;
    return count;
  }

  @Override
  public long length() {
    return bytes.length;
  }
}
