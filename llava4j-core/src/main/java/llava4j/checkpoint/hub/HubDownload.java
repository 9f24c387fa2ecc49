package llava4j.checkpoint.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import llava4j.error.BadInputException;
import llava4j.io.GitHash;
import llava4j.io.Sha256;

/// The download of one file into the cache. It is written to a temporary file, resumed after an
/// interruption, verified, then renamed.
final class HubDownload {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int MAX_CUTS_WITHOUT_PROGRESS = 5;

  private final HubHttp http;
  private final URI uri;
  private final HubFile file;
  private final String what;

  HubDownload(HubHttp http, URI uri, HubFile file, String what) {
    this.http = http;
    this.uri = uri;
    this.file = file;
    this.what = what;
  }

  /// The verified content under its final name. The caller holds the content's lock.
  void run(HubCache cache, LongConsumer onBytes, Consumer<String> notes) {
    Path part = cache.incomplete(file.etag());
    try {
      if (file.size() < 0) {
        Files.deleteIfExists(part); // its final size is unknown
      }
      boolean wentOn = Files.exists(part);
      receiveAll(part, onBytes, notes);
      Optional<String> damage = damage(part);
      if (damage.isPresent() && wentOn) {
        notes.accept(what + " was resumed from damaged data; downloading it from the start");
        Files.delete(part);
        receiveAll(part, onBytes, notes);
        damage = damage(part);
      }
      if (damage.isPresent()) {
        Files.delete(part);
        throw new BadInputException(damage.get());
      }
      Files.move(part, cache.blob(file.etag()), StandardCopyOption.ATOMIC_MOVE);
    } catch (ClosedByInterruptException e) {
      throw HubHttp.interrupted(e);
    } catch (IOException e) {
      throw new BadInputException(
          part
              + " cannot be written: "
              + HubHttp.message(e)
              + "; free some space there, or set HF_HOME to a folder that can be written",
          e);
    }
  }

  private void receiveAll(Path part, LongConsumer onBytes, Consumer<String> notes)
      throws IOException {
    int cuts = 0;
    long furthest = -1;
    boolean whole = isWhole(part);
    while (!whole) {
      long size = Files.exists(part) ? Files.size(part) : 0;
      if (file.size() >= 0 && size > file.size()) {
        Files.delete(part); // written by another program
        size = 0;
      }
      // progress was made: the server is slow, not broken
      cuts = size > furthest ? 0 : cuts + 1;
      if (cuts > MAX_CUTS_WITHOUT_PROGRESS) {
        throw new BadInputException(
            what
                + " cannot be downloaded: the hub always ends it at "
                + size
                + (file.size() < 0 ? "" : " of " + file.size())
                + " bytes; try again later");
      }
      if (furthest >= 0) {
        http.patience().sleep(http.patience().pause(cuts + 1));
      }
      furthest = Math.max(furthest, size);
      boolean ended = receive(part, size, onBytes, notes);
      whole = file.size() >= 0 ? isWhole(part) : ended;
    }
  }

  private boolean isWhole(Path part) throws IOException {
    return file.size() >= 0 && Files.exists(part) && Files.size(part) == file.size();
  }

  /// Appends the bytes of one connection.
  ///
  /// @return whether the response was complete
  private boolean receive(Path part, long size, LongConsumer onBytes, Consumer<String> notes)
      throws IOException {
    boolean canGoOn = size > 0 && file.size() >= 0;
    Map<String, String> headers = canGoOn ? Map.of("Range", "bytes=" + size + "-") : Map.of();
    HttpResponse<InputStream> response = http.get(uri, headers, what, notes);
    try (InputStream body = response.body();
        StallWatch watch = StallWatch.start(body, http.patience().silence())) {
      if (response.statusCode() == 416 || !startsAt(response, size)) {
        notes.accept(
            what + " cannot be resumed at byte " + size + "; downloading it from the start");
        Files.deleteIfExists(part);
        return false;
      }
      long done = response.statusCode() == 206 ? size : 0; // 200 is the whole file again
      long announced = response.headers().firstValueAsLong("content-length").orElse(0);
      if (file.size() >= 0 && announced > file.size() - done) {
        throw tooLong(part);
      }
      try (FileChannel out =
          FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        out.truncate(done).position(done);
        boolean ended = copy(body, out, watch, part, onBytes, notes);
        out.force(true); // the renamed file must be complete even after a power failure
        return ended;
      }
    }
  }

  private static boolean startsAt(HttpResponse<?> response, long size) {
    String range = response.headers().firstValue("content-range").orElse("bytes " + size + "-");
    return response.statusCode() != 206 || range.startsWith("bytes " + size + "-");
  }

  private boolean copy(
      InputStream body,
      FileChannel out,
      StallWatch watch,
      Path part,
      LongConsumer onBytes,
      Consumer<String> notes)
      throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    while (true) {
      int read;
      try {
        read = body.read(buffer);
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw HubHttp.interrupted(e);
        }
        notes.accept("the connection was lost (" + HubHttp.message(e) + "); resuming the download");
        return false;
      }
      if (read < 0) {
        return true;
      }
      watch.alive();
      if (file.size() >= 0 && out.position() + read > file.size()) {
        throw tooLong(part);
      }
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      onBytes.accept(out.position());
    }
  }

  private BadInputException tooLong(Path part) throws IOException {
    Files.deleteIfExists(part);
    return new BadInputException(
        what
            + " is longer than the "
            + file.size()
            + " bytes in the hub's listing; download it again later");
  }

  /// Compares the hash with the etag, which is the SHA-256, or git's SHA-1 of a small file. The
  /// file is read from disk again, because it may come from several runs.
  ///
  /// @return a message if the hash differs
  private Optional<String> damage(Path part) throws IOException {
    String found;
    if (file.sha256().isPresent()) {
      found = Sha256.of(part);
    } else if (file.etag().matches("[0-9a-f]{40}")) {
      found = GitHash.of(part);
    } else {
      return Optional.empty();
    }
    String expected = file.sha256().orElse(file.etag());
    return found.equals(expected)
        ? Optional.empty()
        : Optional.of(
            what
                + " is damaged after the download: its hash is "
                + found
                + " instead of "
                + expected
                + "; it was removed, download it again");
  }
}
