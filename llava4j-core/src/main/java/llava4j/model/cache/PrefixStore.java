package llava4j.model.cache;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
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

  private static final System.Logger LOGGER = System.getLogger(PrefixStore.class.getName());
  private static final Pattern OURS = Pattern.compile("[0-9a-f]{64}\\.kv");
  private static final Pattern LEFT = Pattern.compile("[0-9a-f-]{36}\\.part");
  private static final Duration LONGEST_WRITE = Duration.ofHours(1);

  /// The magic number, the hash, the checksum of the block.
  private static final int HEADER_BYTES = Integer.BYTES + 32 + Long.BYTES;

  private final Path folder;
  private final long mostBytes;
  private final byte[] identity;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("llava4j-prefix-store").factory());
  private final Map<String, Waiting> waiting = new HashMap<>(); // by name
  private String writing = ""; // the name of the block that is written now
  private Instant lastTime = Instant.EPOCH; // of the writer's thread
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
      removeLeftovers();
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
      boolean whole =
          file.size() == HEADER_BYTES + block.byteSize()
              && fill(file, header)
              && fill(file, block.asByteBuffer())
              && header.flip().equals(header(hash, block));
      if (!whole) {
        boolean _ = path.toFile().delete(); // it is written again
        return false;
      }
      synchronized (this) {
        read++;
      }
      return true;
    } catch (IOException e) {
      return false; // gone, since another process needed the room, or not to be read now
    }
  }

  private static boolean fill(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (file.read(bytes) < 0) {
        return false;
      }
    }
    return true;
  }

  /// A block that waits to be written.
  ///
  /// @param done says that the block may change again
  private record Waiting(byte[] hash, MemorySegment block, Runnable done) {}

  /// Keeps a block, later; after those that were given before. It must not change until `done` is
  /// called, on whatever thread.
  void write(byte[] hash, MemorySegment block, Runnable done) {
    String name = name(hash);
    synchronized (this) {
      if (writer.isShutdown() || waiting.containsKey(name)) {
        done.run();
        return;
      }
      waiting.put(name, new Waiting(hash, block, done));
    }
    writer.execute(() -> writeIfWanted(name));
  }

  private void writeIfWanted(String name) {
    Waiting next;
    synchronized (this) {
      next = waiting.get(name);
      if (next == null) {
        return; // given up
      }
      writing = name;
    }
    try {
      writeNow(next.hash(), next.block());
    } catch (IOException | RuntimeException e) {
      note(e);
    } finally {
      synchronized (this) {
        waiting.remove(name);
        writing = "";
        next.done().run();
        notifyAll();
      }
    }
  }

  /// Lets go of all blocks that wait to be written.
  synchronized void giveUpWriting() {
    waiting
        .entrySet()
        .removeIf(entry -> {
          boolean queued = !entry.getKey().equals(writing);
          if (queued) {
            entry.getValue().done().run();
          }
          return queued;
        });
    try {
      while (!writing.isEmpty()) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever needs the block does without it
    }
  }

  private synchronized void note(Exception e) {
    if (fault.isEmpty()) {
      fault = Optional.of(e.toString());
      LOGGER.log(
          System.Logger.Level.WARNING,
          "blocks cannot be kept in the prefix cache "
              + folder
              + ", so prompts are computed again: "
              + reason(e));
    }
  }

  private static String reason(Exception e) {
    return e instanceof FileSystemException at && at.getReason() != null
        ? at.getReason()
        : String.valueOf(e.getMessage());
  }

  /// Makes a block's file the most recently used one, later.
  void touch(byte[] hash) {
    synchronized (this) {
      if (writer.isShutdown()) {
        return;
      }
    }
    writer.execute(() -> {
      try {
        Files.setLastModifiedTime(file(hash), nextTime());
      } catch (IOException e) {
        // gone, or of another user, whose own use counts
        LOGGER.log(System.Logger.Level.DEBUG, "not marked as used", e);
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
      Files.setLastModifiedTime(aside, nextTime());
      // not forced to the disk: what a crash leaves behind fails its checksum
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      synchronized (this) {
        written++;
      }
    } finally {
      Files.deleteIfExists(aside);
    }
  }

  /// Now, but later than the time before, so that times tell the order of use. Only on the writer's
  /// thread.
  private FileTime nextTime() {
    Instant now = Instant.now();
    lastTime = now.isAfter(lastTime) ? now : lastTime.plusNanos(1000);
    return FileTime.from(lastTime);
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
          .filter(path -> OURS.matcher(path.getFileName().toString()).matches())
          .map(Kept::of)
          .sorted(Comparator.comparing(Kept::used).thenComparing(Kept::path))
          .toList();
    }
  }

  /// Deletes what processes left behind that were killed while they wrote.
  private void removeLeftovers() throws IOException {
    FileTime old = FileTime.from(Instant.now().minus(LONGEST_WRITE));
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(path -> LEFT.matcher(path.getFileName().toString()).matches())
          .map(Kept::of)
          .filter(file -> file.used().compareTo(old) < 0)
          .forEach(file -> file.path().toFile().delete());
    }
  }

  /// @throws BadInputException if there is no room for a block
  void requireRoom(long blockBytes) {
    if (mostBytes < HEADER_BYTES + blockBytes) {
      throw new BadInputException(
          "the prefix cache may hold "
              + mostBytes
              + " bytes, but 32 tokens of this model take "
              + (HEADER_BYTES + blockBytes)
              + "; give it more room");
    }
  }

  private static String name(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }

  private Path file(byte[] hash) {
    return folder.resolve(name(hash) + SUFFIX);
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
