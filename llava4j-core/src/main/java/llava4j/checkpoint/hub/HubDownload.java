package llava4j.checkpoint.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import llava4j.error.BadInputException;

/// One file on its way into the cache: grows beside its final place, goes on after a cut, is
/// checked, then renamed.
final class HubDownload {
  private static final int MAX_CUTS_WITHOUT_PROGRESS = 5;

  private final HubHttp http;
  private final URI uri;
  private final HubFile file;
  private final String what;

  HubDownload(HubHttp http, URI uri, HubFile file, String repository) {
    this.http = http;
    this.uri = uri;
    this.file = file;
    this.what = file.path() + " of " + repository;
  }

  void run(HubCache cache, LongConsumer onBytes, Consumer<String> notes) {
    Path part = cache.incomplete(file.etag());
    try {
      int cuts = 0;
      long before = -1;
      while (!isWhole(part)) {
        long size = Files.exists(part) ? Files.size(part) : 0;
        if (file.size() >= 0 && size > file.size()) {
          Files.delete(part); // left by something else
          size = 0;
        }
        cuts = size > before ? 0 : cuts + 1;
        if (cuts > MAX_CUTS_WITHOUT_PROGRESS) {
          throw new BadInputException(
              what + " cannot be fetched: the hub keeps cutting the connection; try again later");
        }
        if (before >= 0) {
          http.sleep(http.retryDelay());
        }
        before = size;
        receive(part, size, onBytes, notes);
        if (file.size() < 0) {
          break;
        }
      }
      check(part);
      Files.move(part, cache.blob(file.etag()), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new BadInputException(part + " cannot be written: " + e.getMessage(), e);
    }
  }

  private boolean isWhole(Path part) throws IOException {
    return file.size() >= 0 && Files.exists(part) && Files.size(part) == file.size();
  }

  /// Appends what one connection gives.
  private void receive(Path part, long size, LongConsumer onBytes, Consumer<String> notes)
      throws IOException {
    Map<String, String> headers = size > 0 ? Map.of("Range", "bytes=" + size + "-") : Map.of();
    HttpResponse<InputStream> response = http.get(uri, headers, what, notes);
    boolean goesOn = response.statusCode() == 206;
    long done = goesOn ? size : 0;
    StandardOpenOption mode =
        goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
    try (InputStream body = response.body();
        OutputStream out =
            Files.newOutputStream(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, mode)) {
      byte[] buffer = new byte[1 << 16];
      for (int read = read(body, buffer, notes); read > 0; read = read(body, buffer, notes)) {
        if (file.size() >= 0 && done + read > file.size()) {
          throw tooLong(part);
        }
        out.write(buffer, 0, read);
        done += read;
        onBytes.accept(done);
      }
    }
  }

  /// @return bytes read, or -1 at the end and after a cut
  private int read(InputStream body, byte[] buffer, Consumer<String> notes) {
    if (Thread.currentThread().isInterrupted()) {
      throw HubHttp.interrupted(new InterruptedException());
    }
    try {
      return body.read(buffer);
    } catch (IOException e) {
      notes.accept(
          "the connection was cut (" + HubHttp.message(e) + "); going on where it stopped");
      return -1;
    }
  }

  private BadInputException tooLong(Path part) throws IOException {
    Files.deleteIfExists(part);
    return new BadInputException(
        what
            + " is longer than the "
            + file.size()
            + " bytes that the hub's listing says; fetch it again later");
  }

  /// Size, and the hash that the etag is: SHA-256, or git's SHA-1 of a small file.
  private void check(Path part) throws IOException {
    String found;
    if (file.sha256().isPresent()) {
      found = hash("SHA-256", new byte[0], part);
    } else if (file.etag().matches("[0-9a-f]{40}")) {
      byte[] prefix = ("blob " + Files.size(part) + "\0").getBytes(StandardCharsets.US_ASCII);
      found = hash("SHA-1", prefix, part);
    } else {
      return;
    }
    if (!found.equals(file.sha256().orElse(file.etag()))) {
      Files.delete(part);
      throw new BadInputException(
          what
              + " arrived damaged: its hash is "
              + found
              + " instead of "
              + file.sha256().orElse(file.etag())
              + "; it was removed, fetch it again");
    }
  }

  private static String hash(String algorithm, byte[] prefix, Path path) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(prefix);
      try (InputStream stream = Files.newInputStream(path)) {
        byte[] buffer = new byte[1 << 16];
        for (int read = stream.read(buffer); read > 0; read = stream.read(buffer)) {
          digest.update(buffer, 0, read);
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
