package llava4j.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.function.Consumer;
import llava4j.error.BadInputException;
import llava4j.io.Sha256;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// A file of training samples: LLaVA's JSON (one array) or JSONL (one object per line). When
/// opened, the file is read once to check it and to index the samples; after that, samples are read
/// one at a time, so a file of any size needs little memory. Thread-safe.
public final class SampleFile implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  private final JsonMapper json;
  private final Path path;
  private final FileChannel channel;
  private final SampleIndex index;
  private final String fingerprint;
  private final long changed;

  /// Receives the progress of the first reading.
  @FunctionalInterface
  public interface Progress {
    void onBytes(long done, long total);
  }

  private SampleFile(
      JsonMapper json,
      Path path,
      FileChannel channel,
      SampleIndex index,
      String fingerprint,
      long changed) {
    this.json = json;
    this.path = path;
    this.channel = channel;
    this.index = index;
    this.fingerprint = fingerprint;
    this.changed = changed;
  }

  /// Opens a file; see [#open(Path, Progress)].
  public static SampleFile open(Path file) {
    return open(file, (_, _) -> {});
  }

  /// Opens a file whose samples must all be valid, and reads it once. The caller closes the result.
  ///
  /// @throws BadInputException if the file or a sample is invalid; the message names file, sample
  ///   and fault
  public static SampleFile open(Path file, Progress progress) {
    return open(
        file,
        progress,
        (fault, sentence) -> {
          if (!fault.kind().harmless()) {
            throw sentence;
          }
        });
  }

  /// Opens a file in which samples may be broken. Broken samples are skipped and reported to
  /// `faults` in the order of the file. All samples may be broken.
  ///
  /// @throws BadInputException if the file is not a file of samples at all
  public static SampleFile openLeniently(
      Path file, Progress progress, Consumer<SampleFault> faults) {
    return open(file, progress, (fault, _) -> faults.accept(fault));
  }

  private static SampleFile open(Path file, Progress progress, SampleReading.FaultListener faults) {
    if (!Files.isRegularFile(file)) {
      throw new BadInputException(file + " does not exist; name a JSON or JSONL file of samples");
    }
    JsonMapper json = SampleJson.mapper();
    MessageDigest digest = Sha256.fresh();
    // a channel's stream can be interrupted, that of Files.newInputStream cannot
    try (FileChannel whole = FileChannel.open(file, StandardOpenOption.READ);
        InputStream bytes = new BufferedInputStream(Channels.newInputStream(whole), BUFFER);
        InputStream in = new DigestInputStream(bytes, digest)) {
      long changed = stamp(file);
      SampleIndex index = new SampleReading(json, file, progress, faults).read(in);
      in.transferTo(OutputStream.nullOutputStream());
      String fingerprint = Sha256.of(digest);
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      return new SampleFile(json, file, channel, index, fingerprint, changed);
    } catch (ClosedByInterruptException e) {
      throw interrupted(e);
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  public Path path() {
    return path;
  }

  /// Number of samples.
  public int size() {
    return index.size();
  }

  /// Number of words of each sample, negative for a sample without an image. [size]
  public int[] modalityLengths() {
    return index.modality().clone();
  }

  /// SHA-256 of the file's bytes, hexadecimal.
  public String fingerprint() {
    return fingerprint;
  }

  /// Index of a sample among all entries of the file, from 0, broken ones included.
  ///
  /// @param index index of the sample, from 0
  public int number(int index) {
    return this.index.numbers()[index];
  }

  /// Reads one sample.
  ///
  /// @param index from 0
  /// @throws BadInputException if the file cannot be read or has changed since it was opened
  public Sample get(int index) {
    try {
      return SampleJson.parse(json.readTree(bytes(index)), path, number(index));
    } catch (JacksonException e) {
      throw changedMeanwhile();
    }
  }

  /// The JSON of one sample, unchanged from the file.
  ///
  /// @param index from 0
  public byte[] bytes(int index) {
    ByteBuffer bytes = ByteBuffer.allocate(this.index.lengths()[index]);
    try {
      long at = this.index.starts()[index];
      while (bytes.hasRemaining()) {
        int read = channel.read(bytes, at + bytes.position());
        if (read < 0) {
          throw changedMeanwhile();
        }
      }
      if (stamp(path) != changed) {
        throw changedMeanwhile();
      }
      return bytes.array();
    } catch (ClosedByInterruptException e) {
      throw interrupted(e);
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be read: " + e.getMessage(), e);
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

  private static IllegalStateException interrupted(IOException e) {
    Thread.currentThread().interrupt();
    InterruptedException cause = new InterruptedException(e.getMessage());
    return new IllegalStateException("interrupted while reading samples", cause);
  }
}
