package llava4j.image.decode;

import java.nio.ByteBuffer;
import java.util.BitSet;

/// Checks the markers of a JPEG 2000 code stream before decoding. OpenJPEG allocates hundreds of
/// bytes for each code block in the header, so a file of 200 bytes could need gigabytes and
/// minutes; and it decodes truncated files without an error.
final class Jpeg2000Markers {
  private static final int TILE_PART = 0xFF90;
  private static final int TILE_DATA = 0xFF93;
  private static final int END = 0xFFD9;
  private static final int STYLE = 0xFF52;
  private static final int STYLE_OF_COMPONENT = 0xFF53;

  private static final int TILE_PART_BYTES = 14;
  private static final int LARGEST_PRECINCT = 15;
  private static final int MAX_LEVELS = 32;

  /// Twice the number of 32 x 32 blocks of the largest image; encoders use blocks of 64 x 64.
  private static final long MAX_BLOCKS = 1 << 20;

  private final ByteBuffer in;
  private final int start;
  private final int components;
  private int layers = 1;

  /// @param in the file
  /// @param start offset of the code stream, whose first header is complete
  Jpeg2000Markers(ByteBuffer in, int start) {
    this.in = in;
    this.start = start;
    this.components = unsignedShort(start + 40);
  }

  /// @throws MalformedImageException if tiles are missing, or if there are more parts than fit into
  ///   the file
  void require() throws MalformedImageException {
    var seen = new BitSet();
    long tilePartEnd = 0;
    long at = start + 2L;
    while (at < in.capacity()) {
      requireInside(at + 2);
      int marker = unsignedShort((int) at);
      if (marker == END) {
        break;
      }
      if (marker == TILE_DATA) {
        if (tilePartEnd <= at) {
          throw new MalformedImageException("its parts contradict each other");
        }
        at = tilePartEnd;
        continue;
      }
      requireInside(at + 4);
      long next = at + 2 + unsignedShort((int) at + 2);
      requireInside(next);
      if (marker == TILE_PART) {
        requireInside(at + TILE_PART_BYTES);
        seen.set(unsignedShort((int) at + 4));
        long length = Integer.toUnsignedLong(in.getInt((int) at + 6));
        tilePartEnd = length == 0 ? in.capacity() : at + length;
        requireInside(tilePartEnd);
      } else if (marker == STYLE) {
        layers = unsignedShort((int) at + 6);
        requireFewParts((int) at + 9, (in.get((int) at + 4) & 1) != 0, next);
      } else if (marker == STYLE_OF_COMPONENT) {
        requireFewParts((int) at + 6, (in.get((int) at + 5) & 1) != 0, next);
      }
      at = next;
    }
    if (seen.cardinality() < extent(8, 32, 24) * extent(12, 36, 28)) {
      throw new MalformedImageException("it is cut short");
    }
  }

  /// @param style offset of the number of levels, followed by the sizes of blocks and precincts
  private void requireFewParts(int style, boolean ownPrecincts, long end)
      throws MalformedImageException {
    int levels = in.get(style) & 0xFF;
    if (levels > MAX_LEVELS || style + 5 + (ownPrecincts ? levels + 1 : 0) > end) {
      throw new MalformedImageException("its header is damaged");
    }
    long precincts = 0;
    long blocks = 0;
    for (int level = 0; level <= levels; level++) {
      int size =
          ownPrecincts ? in.get(style + 5 + level) : (LARGEST_PRECINCT << 4) | LARGEST_PRECINCT;
      int precinctWidth = size & 15;
      int precinctHeight = (size >> 4) & 15;
      long width = extent(8, 16) >> (levels - level);
      long height = extent(12, 20) >> (levels - level);
      if (width > 0 && height > 0) {
        precincts += Math.max(1, (width >> precinctWidth) * (height >> precinctHeight));
      }
      int bands = level == 0 ? 0 : 1; // which have half the width and height
      int blockWidth = Math.min((in.get(style + 1) & 15) + 2, Math.max(0, precinctWidth - bands));
      int blockHeight = Math.min((in.get(style + 2) & 15) + 2, Math.max(0, precinctHeight - bands));
      blocks += (width >> blockWidth) * (height >> blockHeight);
    }
    // a precinct takes at least one byte per layer
    if (precincts * components * layers > in.capacity() || blocks * components > MAX_BLOCKS) {
      throw new MalformedImageException("its header claims more parts than a photograph has");
    }
  }

  /// Size of the image, from two numbers of the first header.
  private long extent(int end, int begin) {
    return Integer.toUnsignedLong(in.getInt(start + end))
        - Integer.toUnsignedLong(in.getInt(start + begin));
  }

  /// Number of tiles of the image.
  private long extent(int end, int begin, int tile) throws MalformedImageException {
    long size = Integer.toUnsignedLong(in.getInt(start + tile));
    if (size == 0) {
      throw new MalformedImageException("its header is damaged");
    }
    return Math.ceilDiv(extent(end, begin), size);
  }

  private void requireInside(long end) throws MalformedImageException {
    if (end > in.capacity()) {
      throw new MalformedImageException("it is cut short");
    }
  }

  private int unsignedShort(int at) {
    return in.getShort(at) & 0xFFFF;
  }
}
