package llava4j.image.decode;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The first directory of a TIFF file, and a copy of the file whose directory has only the tags
/// that determine the pixels. Other directories, profiles, EXIF data and private tags are never
/// read, because they may have loops or any size.
///
/// @param width in pixels
/// @param height in pixels
/// @param pixelBytes bytes of all samples of a pixel in memory
/// @param orientation in the directory
/// @param stream the file with the new directory appended
record TiffHeader(int width, int height, int pixelBytes, Orientation orientation, byte[] stream) {

  private static final int WIDTH = 256;
  private static final int HEIGHT = 257;
  private static final int BITS = 258;
  private static final int COMPRESSION = 259;
  private static final int STRIP_OFFSETS = 273;
  private static final int SAMPLES = 277;
  private static final int ROWS_PER_STRIP = 278;
  private static final int STRIP_BYTES = 279;
  private static final int TILE_WIDTH = 322;
  private static final int TILE_HEIGHT = 323;
  private static final int TILE_OFFSETS = 324;
  private static final int TILE_BYTES = 325;

  /// Maximum number of strips or tiles, because each needs its own decoder.
  private static final int MAX_SEGMENTS = 1 << 18;

  private static final int MAX_SAMPLES = 16;
  private static final int MAX_SAMPLE_BITS = 64;
  private static final int MAX_TABLES = 1 << 16;

  private static final Set<Integer> ONLY_OF_STRIPS =
      Set.of(STRIP_OFFSETS, ROWS_PER_STRIP, STRIP_BYTES);
  private static final Set<Integer> ONLY_OF_TILES = Set.of(TILE_WIDTH, TILE_HEIGHT, TILE_BYTES);

  /// The kept tags with their maximum number of values.
  private static final Map<Integer, Integer> KEPT =
      Map.ofEntries(
          Map.entry(WIDTH, 1),
          Map.entry(HEIGHT, 1),
          Map.entry(BITS, MAX_SAMPLES),
          Map.entry(COMPRESSION, 1),
          Map.entry(262, 1), // photometric interpretation
          Map.entry(266, 1), // order of bits
          Map.entry(STRIP_OFFSETS, MAX_SEGMENTS),
          Map.entry(SAMPLES, 1),
          Map.entry(ROWS_PER_STRIP, 1),
          Map.entry(STRIP_BYTES, MAX_SEGMENTS),
          Map.entry(284, 1), // planar or interleaved
          Map.entry(292, 1), // options of fax
          Map.entry(293, 1),
          Map.entry(317, 1), // predictor
          Map.entry(320, 3 << 16), // palette
          Map.entry(TILE_WIDTH, 1),
          Map.entry(TILE_HEIGHT, 1),
          Map.entry(TILE_OFFSETS, MAX_SEGMENTS),
          Map.entry(TILE_BYTES, MAX_SEGMENTS),
          Map.entry(332, 1), // inks
          Map.entry(338, MAX_SAMPLES), // extra samples
          Map.entry(339, MAX_SAMPLES), // sample format
          Map.entry(347, MAX_TABLES), // JPEG tables
          Map.entry(529, 3), // YCbCr
          Map.entry(530, 2),
          Map.entry(531, 1),
          Map.entry(532, 6));

  /// Reads the directory.
  ///
  /// @throws MalformedImageException if there is none, or its sizes are invalid
  static TiffHeader parse(byte[] file) throws MalformedImageException {
    if (file.length < 8) {
      throw new MalformedImageException("it is cut short");
    }
    TiffDirectory directory = TiffDirectory.parse(file);
    Map<Integer, Integer> entries = kept(directory);
    var tags = new Tags(directory, entries);
    int width = tags.number(WIDTH, 0);
    int height = tags.number(HEIGHT, 0);
    int samples = tags.number(SAMPLES, 1);
    int bits = tags.largest(BITS, 1);
    if (samples < 1 || samples > MAX_SAMPLES || bits < 1 || bits > MAX_SAMPLE_BITS) {
      throw new MalformedImageException(
          "it claims " + samples + " samples per pixel of " + bits + " bits");
    }
    requireSegments(file, tags, width, height);
    int pixelBytes = samples * ((bits + 7) / 8);
    return new TiffHeader(
        width,
        height,
        pixelBytes,
        ExifOrientation.read(directory),
        assemble(file, directory, List.copyOf(entries.values())));
  }

  /// The kept entries by tag; the first of each, as libtiff does.
  private static Map<Integer, Integer> kept(TiffDirectory directory)
      throws MalformedImageException {
    Map<Integer, Integer> entries = new TreeMap<>();
    for (int i = 0; i < directory.entries(); i++) {
      Integer most = KEPT.get(directory.tag(i));
      if (most != null && directory.typeBytes(i) > 0 && !entries.containsKey(directory.tag(i))) {
        directory.values(i, most);
        entries.put(directory.tag(i), i);
      }
    }
    entries.keySet().removeAll(entries.containsKey(TILE_OFFSETS) ? ONLY_OF_STRIPS : ONLY_OF_TILES);
    return entries;
  }

  private static void requireSegments(byte[] file, Tags tags, int width, int height)
      throws MalformedImageException {
    boolean tiled = tags.has(TILE_OFFSETS);
    int segmentWidth = tiled ? tags.number(TILE_WIDTH, 0) : width;
    int segmentHeight =
        tiled ? tags.number(TILE_HEIGHT, 0) : Math.min(tags.number(ROWS_PER_STRIP, height), height);
    boolean sized =
        width > 0
            && height > 0
            && segmentWidth > 0
            && segmentHeight > 0
            && segmentWidth <= width + 4096L
            && segmentHeight <= height + 4096L;
    if (!sized) {
      throw new MalformedImageException(
          "it claims a size of "
              + Integer.toUnsignedString(width)
              + "x"
              + Integer.toUnsignedString(height)
              + " in parts of "
              + Integer.toUnsignedString(segmentWidth)
              + "x"
              + Integer.toUnsignedString(segmentHeight));
    }
    requireInside(
        file.length,
        tags.numbers(tiled ? TILE_OFFSETS : STRIP_OFFSETS),
        tags.numbers(tiled ? TILE_BYTES : STRIP_BYTES));
    int compression = tags.number(COMPRESSION, 1);
    if (compression == 6) {
      throw new MalformedImageException("it has old-style JPEG data, which is not supported");
    }
    if (compression == 7) {
      requireJpegSizes(file, tags, tiled, new JpegFrame(segmentWidth, segmentHeight));
    }
  }

  /// Our directory is appended to the file; it must not be read as pixels.
  private static void requireInside(int fileLength, List<Long> offsets, List<Long> lengths)
      throws MalformedImageException {
    for (int i = 0; i < offsets.size(); i++) {
      long length = i < lengths.size() ? lengths.get(i) : 0;
      if (offsets.get(i) < 0 || length < 0 || offsets.get(i) > fileLength - length) {
        throw new MalformedImageException("it is cut short");
      }
    }
  }

  /// Checks the JPEG streams of a file: each has its own size, for which its decoder allocates
  /// memory, and any number of scans. Overlapping streams are refused, because checking them could
  /// take too long.
  private static void requireJpegSizes(byte[] file, Tags tags, boolean tiled, JpegFrame largest)
      throws MalformedImageException {
    List<Long> offsets = tags.numbers(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
    List<Long> lengths = tags.numbers(tiled ? TILE_BYTES : STRIP_BYTES);
    long pixels = (long) tags.number(WIDTH, 0) * tags.number(HEIGHT, 0);
    long total = 0;
    Set<Map.Entry<Long, Long>> seen = new HashSet<>(); // several tiles may share the same data
    for (int i = 0; i < offsets.size(); i++) {
      long length = i < lengths.size() ? lengths.get(i) : 0;
      if (!seen.add(Map.entry(offsets.get(i), length))) {
        continue;
      }
      total += length;
      if (length == 0 || total > file.length) {
        throw new MalformedImageException("its parts are empty or overlap");
      }
      int start = Math.toIntExact(offsets.get(i));
      int end = Math.toIntExact(start + length);
      JpegFrame frame = JpegFrame.find(file, start, end);
      if (frame.width() > largest.width() + 15L || frame.height() > largest.height() + 15L) {
        throw new MalformedImageException("a part of it is larger than it should be");
      }
      JpegHeader.refuseTooManyScans(file, start, end, pixels);
    }
  }

  private static byte[] assemble(byte[] file, TiffDirectory directory, List<Integer> entries) {
    int at = file.length + (file.length & 1);
    int entryBytes = directory.entryBytes();
    ByteBuffer out =
        ByteBuffer.allocate(at + 16 + entries.size() * entryBytes).order(directory.file().order());
    out.put(file);
    if (directory.big()) {
      out.putLong(8, at).putLong(at, entries.size());
      out.position(at + 8);
    } else {
      out.putInt(4, at).putShort(at, (short) entries.size());
      out.position(at + 2);
    }
    for (int entry : entries) {
      out.put(file, directory.position(entry), entryBytes);
    }
    return out.array(); // the next directory's offset stays 0: there is none
  }

  /// Integers of kept entries.
  private record Tags(TiffDirectory directory, Map<Integer, Integer> entries) {
    boolean has(int tag) {
      return entries.containsKey(tag);
    }

    List<Long> numbers(int tag) throws MalformedImageException {
      List<Long> numbers = new ArrayList<>();
      if (has(tag)) {
        int entry = entries.get(tag);
        ByteBuffer values = directory.values(entry, KEPT.get(tag));
        for (int i = 0; i < directory.count(entry); i++) {
          numbers.add(directory.number(entry, values, i));
        }
      }
      return numbers;
    }

    /// The first number, at most the largest `int`.
    int number(int tag, int otherwise) throws MalformedImageException {
      List<Long> numbers = numbers(tag);
      return numbers.isEmpty()
          ? otherwise
          : (int) Math.clamp(numbers.getFirst(), 0L, Integer.MAX_VALUE);
    }

    int largest(int tag, int otherwise) throws MalformedImageException {
      long largest = numbers(tag).stream().mapToLong(Long::longValue).max().orElse(otherwise);
      return (int) Math.clamp(largest, 0L, Integer.MAX_VALUE);
    }
  }
}
