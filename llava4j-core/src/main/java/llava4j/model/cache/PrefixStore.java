package llava4j.model.cache;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import llava4j.error.BadInputException;
import llava4j.io.Sha256;

/// KV blocks on disk, so that a later process need not read the same prompt again.
///
/// A file holds one full block. Its name is the hash of all tokens up to the block's last one, of
/// the tenant and of what computed them (`identity`), so it can only be found by who has the same
/// beginning. Several processes may use a folder: files appear whole, and one that is gone is
/// computed again. When the folder has no room, the files that were not used for longest go.
///
/// Writing is done by a thread of its own. A block that cannot be written or read costs nothing but
/// its computation.
public final class PrefixStore implements AutoCloseable {
  static final String SUFFIX = ".kv";
  private static final String ASIDE = ".part";
  private static final int MAGIC = 0x4C4B5631; // "LKV1"

  /// The magic number, the hash, the checksum of the block.
  private static final int HEADER_BYTES = Integer.BYTES + 32 + Long.BYTES;

  private final Path folder;
  private final long mostBytes;
  private final byte[] identity;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("llava4j-prefix-store").factory());
  private final Set<String> waiting = new HashSet<>();
  private Optional<String> fault = Optional.empty();
  private long read;
  private long written;

  /// @param folder made if it is missing
  /// @param mostBytes of all files in it
  /// @param identity of everything that the numbers depend on, apart from the tokens
  /// @throws BadInputException if the folder cannot be used
  public PrefixStore(Path folder, long mostBytes, String identity) {
    this.folder = folder;
    this.mostBytes = mostBytes;
    this.identity = digest(identity.getBytes(StandardCharsets.UTF_8));
    try {
      Files.createDirectories(folder);
      Path probe = Files.createTempFile(folder, "probe", ASIDE);
      Files.delete(probe);
    } catch (IOException e) {
      throw new BadInputException(
          "the prefix cache cannot be kept in "
              + folder
              + ": it is no folder that can be made and written to; name another one",
          e);
    }
  }

  /// What was done so far.
  ///
  /// @param read blocks that were found
  /// @param fault the first reason why a block was not kept; empty if there was none
  public record Statistics(long read, long written, Optional<String> fault) {}

  public synchronized Statistics statistics() {
    return new Statistics(read, written, fault);
  }

  /// The hash of no tokens.
  byte[] root(String tenant) {
    return digest(identity, tenant.getBytes(StandardCharsets.UTF_8));
  }

  /// The hash of a full block's tokens behind others.
  byte[] next(byte[] before, long[] keys) {
    ByteBuffer bytes = ByteBuffer.allocate(keys.length * Long.BYTES);
    bytes.asLongBuffer().put(keys);
    return digest(before, bytes.array());
  }

  /// Blocks that wait to be written.
  synchronized int waiting() {
    return waiting.size();
  }

  boolean has(byte[] hash) {
    return Files.isRegularFile(file(hash));
  }

  /// Fills a block.
  ///
  /// @param block on the host
  /// @return false if there is no such file, or none that is whole; then the block is undefined
  boolean read(byte[] hash, MemorySegment block) {
    Path path = file(hash);
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
      fill(file, header);
      fill(file, block.asByteBuffer());
      if (file.size() != HEADER_BYTES + block.byteSize()
          || !header.flip().equals(header(hash, block))) {
        throw new IOException("the file is damaged");
      }
      Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
      synchronized (this) {
        read++;
      }
      return true;
    } catch (NoSuchFileException | ClosedByInterruptException e) {
      return false; // another process needed the room
    } catch (IOException e) {
      boolean _ = path.toFile().delete(); // it is written again
      return false;
    }
  }

  private static void fill(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (file.read(bytes) < 0) {
        throw new IOException("the file is too short");
      }
    }
  }

  /// Keeps a block, later. It must not change until `done` is called, on whatever thread.
  void write(byte[] hash, MemorySegment block, Runnable done) {
    String name = HexFormat.of().formatHex(hash);
    synchronized (this) {
      if (writer.isShutdown() || !waiting.add(name)) {
        done.run();
        return;
      }
    }
    writer.execute(
        () -> {
          try {
            writeNow(hash, block);
          } catch (IOException e) {
            synchronized (this) {
              fault = fault.or(() -> Optional.of(e.toString()));
            }
          } finally {
            synchronized (this) {
              waiting.remove(name);
            }
            done.run();
          }
        });
  }

  private void writeNow(byte[] hash, MemorySegment block) throws IOException {
    Path target = file(hash);
    long bytes = HEADER_BYTES + block.byteSize();
    if (!makeRoom(bytes)) {
      return;
    }
    Path aside = folder.resolve(UUID.randomUUID() + ASIDE);
    try {
      try (FileChannel file =
          FileChannel.open(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        drain(file, header(hash, block));
        drain(file, block.asByteBuffer());
      }
      // not forced to the disk: what a crash leaves behind fails its checksum
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      synchronized (this) {
        written++;
      }
    } finally {
      Files.deleteIfExists(aside);
    }
  }

  private static void drain(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  private static ByteBuffer header(byte[] hash, MemorySegment block) {
    CRC32C sum = new CRC32C();
    sum.update(block.asByteBuffer());
    return ByteBuffer.allocate(HEADER_BYTES)
        .order(ByteOrder.BIG_ENDIAN)
        .putInt(MAGIC)
        .put(hash)
        .putLong(sum.getValue())
        .flip();
  }

  /// Deletes the files that were not used for longest until there is room.
  private boolean makeRoom(long bytes) throws IOException {
    if (bytes > mostBytes) {
      return false;
    }
    List<Kept> kept = kept();
    long total = kept.stream().mapToLong(Kept::bytes).sum();
    for (Kept file : kept) {
      if (total + bytes <= mostBytes) {
        break;
      }
      Files.deleteIfExists(file.path());
      total -= file.bytes();
    }
    return true;
  }

  private record Kept(Path path, long bytes, FileTime used) {
    /// A file that another process has just deleted has no bytes.
    static Kept of(Path path) {
      try {
        return new Kept(path, Files.size(path), Files.getLastModifiedTime(path));
      } catch (IOException e) {
        return new Kept(path, 0, FileTime.fromMillis(0));
      }
    }
  }

  /// Our files, the least recently used first; other files in the folder are nobody's business.
  private List<Kept> kept() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(path -> path.getFileName().toString().endsWith(SUFFIX))
          .map(Kept::of)
          .sorted(Comparator.comparing(Kept::used))
          .toList();
    }
  }

  private Path file(byte[] hash) {
    return folder.resolve(HexFormat.of().formatHex(hash) + SUFFIX);
  }

  private static byte[] digest(byte[]... parts) {
    MessageDigest digest = Sha256.fresh();
    for (byte[] part : parts) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).array());
      digest.update(part);
    }
    return digest.digest();
  }

  /// Waits until all blocks are written.
  @Override
  public void close() {
    writer.shutdown();
    boolean interrupted = false;
    try {
      while (!writer.awaitTermination(1, TimeUnit.MINUTES)) {
        // a slow disk
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
