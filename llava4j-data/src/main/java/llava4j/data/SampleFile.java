package llava4j.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A file of training samples: LLaVA's JSON (one array) or one object a line. Read once from end to
/// end, which checks it and notes where each sample lies; after that samples are read singly, so a
/// file of any size needs little memory. Safe for many threads.
public final class SampleFile implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  private final JsonMapper json;
  private final Path path;
  private final FileChannel channel;
  private final Index index;
  private final long changed;

  /// Where samples lie.
  ///
  /// @param starts byte offset of each
  /// @param lengths bytes of each
  /// @param modality words of each, negative without a picture
  private record Index(long[] starts, int[] lengths, int[] modality, String fingerprint) {}

  /// Hears how far the first reading is.
  @FunctionalInterface
  public interface Progress {
    void onBytes(long done, long total);
  }

  private SampleFile(JsonMapper json, Path path, FileChannel channel, Index index, long changed) {
    this.json = json;
    this.path = path;
    this.channel = channel;
    this.index = index;
    this.changed = changed;
  }

  public static SampleFile open(Path file) {
    return open(file, (_, _) -> {});
  }

  /// Reads the file once.
  ///
  /// @throws BadInputException that names file, sample and what is wrong
  public static SampleFile open(Path file, Progress progress) {
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(file + " does not exist; name a JSON or JSONL file of samples");
    }
    JsonMapper json = new JsonMapper();
    try {
      long changed = stamp(file);
      Index index = new Indexer(json, file, progress).read();
      return new SampleFile(
          json, file, FileChannel.open(file, StandardOpenOption.READ), index, changed);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  public Path path() {
    return path;
  }

  /// Number of samples.
  public int size() {
    return index.starts().length;
  }

  /// Words of each sample, negative without a picture. [size]
  public int[] modalityLengths() {
    return index.modality().clone();
  }

  /// SHA-256 of the file's bytes, hexadecimal.
  public String fingerprint() {
    return index.fingerprint();
  }

  /// Reads one sample.
  ///
  /// @param number from 0
  public Sample get(int number) {
    ByteBuffer bytes = ByteBuffer.allocate(index.lengths()[number]);
    try {
      long at = index.starts()[number];
      while (bytes.hasRemaining()) {
        int read = channel.read(bytes, at + bytes.position());
        if (read < 0) {
          throw changedMeanwhile();
        }
      }
      if (stamp(path) != changed) {
        throw changedMeanwhile();
      }
      return SampleJson.parse(json.readTree(bytes.array()), path, number);
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be read: " + e.getMessage(), e);
    } catch (JacksonException e) {
      throw changedMeanwhile();
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be closed: " + e.getMessage(), e);
    }
  }

  private BadInputException changedMeanwhile() {
    return new BadInputException(path + " changed while it was in use; start again");
  }

  private static long stamp(Path file) throws IOException {
    return 31 * Files.size(file) + Files.getLastModifiedTime(file).toMillis();
  }

  /// The first reading.
  private static final class Indexer {
    private final JsonMapper json;
    private final Path file;
    private final Progress progress;
    private long[] starts = new long[1024];
    private int[] lengths = new int[1024];
    private int[] modality = new int[1024];
    private int count;

    Indexer(JsonMapper json, Path file, Progress progress) {
      this.json = json;
      this.file = file;
      this.progress = progress;
    }

    Index read() throws IOException {
      MessageDigest digest = sha256();
      long total = Files.size(file);
      try (BufferedInputStream bytes = new BufferedInputStream(Files.newInputStream(file), BUFFER);
          InputStream in = new DigestInputStream(bytes, digest)) {
        requireUtf8(bytes);
        try (JsonParser parser = json.createParser(new KeptOpen(in))) {
          readSamples(parser, total);
        } catch (JacksonException e) {
          throw new BadInputException(
              file
                  + " is no valid JSON "
                  + place()
                  + ": "
                  + e.getOriginalMessage()
                  + " (byte "
                  + e.getLocation().getByteOffset()
                  + "); correct it or fetch it again",
              e);
        }
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      if (count == 0) {
        throw new BadInputException(file + " holds no samples; name a file that does");
      }
      return new Index(
          Arrays.copyOf(starts, count),
          Arrays.copyOf(lengths, count),
          Arrays.copyOf(modality, count),
          HexFormat.of().formatHex(digest.digest()));
    }

    private void readSamples(JsonParser parser, long total) {
      JsonToken token = parser.nextToken();
      boolean array = token == JsonToken.START_ARRAY;
      if (array) {
        token = parser.nextToken();
      }
      while (token != null && token != JsonToken.END_ARRAY) {
        if (token != JsonToken.START_OBJECT) {
          throw new BadInputException(
              file
                  + ": sample "
                  + count
                  + " is no JSON object; LLaVA's format is a list of objects");
        }
        long start = parser.currentTokenLocation().getByteOffset();
        JsonNode node = parser.readValueAsTree();
        long end = parser.currentLocation().getByteOffset();
        add(start, Math.toIntExact(end - start), SampleJson.parse(node, file, count));
        progress.onBytes(end, total);
        token = parser.nextToken();
      }
      if (array && token == null) {
        throw new BadInputException(
            file + " ends within its list, " + place() + "; fetch it again");
      }
      if (token == JsonToken.END_ARRAY && parser.nextToken() != null) {
        throw new BadInputException(
            file + " goes on behind its list of " + count + " samples; put all into one list");
      }
    }

    private String place() {
      return count == 0 ? "at its start" : "behind sample " + (count - 1);
    }

    /// Offsets count bytes of UTF-8. In JSON of two or four bytes a character, one of the first
    /// four is 0 or they begin with a mark.
    private void requireUtf8(BufferedInputStream bytes) throws IOException {
      bytes.mark(4);
      byte[] first = bytes.readNBytes(4);
      bytes.reset();
      boolean wide = first.length > 1 && (first[0] == (byte) 0xFE || first[0] == (byte) 0xFF);
      for (byte one : first) {
        wide |= one == 0;
      }
      if (wide) {
        throw new BadInputException(file + " is not in UTF-8; convert it, for example with iconv");
      }
    }

    private void add(long start, int length, Sample sample) {
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, 2 * count);
        lengths = Arrays.copyOf(lengths, 2 * count);
        modality = Arrays.copyOf(modality, 2 * count);
      }
      starts[count] = start;
      lengths[count] = length;
      modality[count] = sample.modalityLength();
      count++;
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /// A stream that the parser cannot close, so that the rest can still be hashed.
  private static final class KeptOpen extends java.io.FilterInputStream {
    KeptOpen(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return in.read(bytes, offset, length);
    }

    @Override
    public void close() {}
  }
}
