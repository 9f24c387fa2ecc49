package llava4j.image.decode;

import javax.imageio.stream.ImageInputStreamImpl;

/// An ImageIO stream of bytes in memory. ImageIO's own memory stream would first copy everything.
final class ByteArrayImageStream extends ImageInputStreamImpl {
  private final byte[] bytes;

  ByteArrayImageStream(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read() {
    bitOffset = 0;
    return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xFF : -1;
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
