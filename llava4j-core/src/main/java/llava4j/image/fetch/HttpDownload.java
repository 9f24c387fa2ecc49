package llava4j.image.fetch;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// One GET over HTTP/1.1 to an IP address that the caller has already looked up and checked.
///
/// The JDK's clients look up the name again when they connect, and may get another address then
/// (DNS rebinding); hence this small client. It does not use a proxy.
final class HttpDownload {
  private static final int MAX_LINE = 16 << 10;
  private static final int MAX_HEADERS = 200;
  private static final int MAX_INTERIM = 10;
  private static final int MAX_HEADER_BYTES = 256 << 10;

  private final long deadline;
  private final long maxBytes;

  /// @param deadline in the time of `System.nanoTime()`
  HttpDownload(long deadline, long maxBytes) {
    this.deadline = deadline;
    this.maxBytes = maxBytes;
  }

  /// Thrown if a body is longer than allowed.
  static final class TooLargeException extends IOException {}

  /// Status, headers by lower-case name, and the body (empty unless the status is 200).
  record Answer(int status, Map<String, String> headers, byte[] body) {}

  /// Closes a socket at the deadline. The socket's own timeout restarts with every received byte,
  /// so a slow server or a slow handshake could exceed it.
  private final class Guard implements AutoCloseable {
    private final Thread thread;
    private volatile boolean expired;

    Guard(Socket socket) throws SocketTimeoutException {
      long millis = remaining();
      this.thread =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  Thread.sleep(millis);
                  expired = true;
                  socket.close();
                } catch (InterruptedException _) {
                  // done in time
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }

  Answer get(URI uri, InetAddress address) throws IOException {
    boolean secure = uri.getScheme().equalsIgnoreCase("https");
    int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(address, port), remaining());
      Guard guard = new Guard(plain);
      try (guard;
          Socket socket = secure ? secured(plain, uri.getHost(), port) : plain) {
        String path =
            uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        String host = uri.getPort() >= 0 ? uri.getHost() + ":" + port : uri.getHost();
        String request =
            "GET "
                + path
                + query
                + " HTTP/1.1\r\nHost: "
                + host
                + "\r\nUser-Agent: llava4j\r\nAccept: image/*,*/*;q=0.5\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
        return read(new Timed(socket));
      } catch (IOException e) {
        if (guard.expired) {
          throw outOfTime(e);
        }
        throw e;
      }
    }
  }

  private static SocketTimeoutException outOfTime(IOException cause) {
    var timeout = new SocketTimeoutException("out of time");
    timeout.initCause(cause);
    return timeout;
  }

  private static Socket secured(Socket plain, String host, int port) throws IOException {
    var factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    var socket = (SSLSocket) factory.createSocket(plain, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private int remaining() throws SocketTimeoutException {
    long millis = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
    if (millis <= 0) {
      throw new SocketTimeoutException("out of time");
    }
    return (int) Math.min(millis, Integer.MAX_VALUE);
  }

  private Answer read(Timed in) throws IOException {
    Answer answer = readOne(in);
    for (int i = 0; answer.status() / 100 == 1; i++) {
      if (i == MAX_INTERIM) {
        throw new IOException("the server sends too many interim responses");
      }
      answer = readOne(in);
    }
    return answer;
  }

  private Answer readOne(Timed in) throws IOException {
    String[] statusLine = in.line().split(" ", 3);
    if (statusLine.length < 2
        || !statusLine[0].startsWith("HTTP/1.")
        || !statusLine[1].matches("\\d{3}")) {
      throw new IOException("the server does not speak HTTP");
    }
    int status = Integer.parseInt(statusLine[1]);
    Map<String, String> headers = new TreeMap<>();
    int lines = 0;
    int bytes = 0;
    for (String line = in.line(); !line.isEmpty(); line = in.line()) {
      bytes += line.length();
      if (++lines > MAX_HEADERS || bytes > MAX_HEADER_BYTES) {
        throw new IOException("the server sends too many headers");
      }
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    String coding = headers.getOrDefault("content-encoding", "identity");
    if (status == 200 && !coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      throw new IOException(
          "the server compresses its response (" + coding + "), although it was asked not to");
    }
    return new Answer(status, headers, status == 200 ? body(in, headers) : new byte[0]);
  }

  private byte[] body(Timed in, Map<String, String> headers) throws IOException {
    var body = new ByteArrayOutputStream();
    if (headers
        .getOrDefault("transfer-encoding", "")
        .toLowerCase(Locale.ROOT)
        .contains("chunked")) {
      for (long size = chunkSize(in.line()); size > 0; size = chunkSize(in.line())) {
        copy(in, size, body);
        in.line();
      }
    } else if (headers.containsKey("content-length")) {
      copy(in, number(headers.get("content-length"), 10), body);
    } else {
      for (int next = in.read(); next >= 0; next = in.read()) {
        append(body, next);
      }
    }
    return body.toByteArray();
  }

  private static long chunkSize(String line) throws IOException {
    int end = line.indexOf(';');
    return number((end < 0 ? line : line.substring(0, end)).strip(), 16);
  }

  private static long number(String text, int radix) throws IOException {
    if (text.isEmpty() || text.chars().anyMatch(c -> Character.digit(c, radix) < 0)) {
      throw new IOException("the server sends a broken length");
    }
    // a number beyond the range of long is too large anyway
    BigInteger largest = BigInteger.valueOf(Long.MAX_VALUE);
    return new BigInteger(text, radix).min(largest).longValueExact();
  }

  private void copy(Timed in, long count, ByteArrayOutputStream body) throws IOException {
    if (count > maxBytes - body.size()) {
      throw new TooLargeException();
    }
    for (long i = 0; i < count; i++) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the connection broke off");
      }
      body.write(next);
    }
  }

  private void append(ByteArrayOutputStream body, int next) throws IOException {
    if (body.size() >= maxBytes) {
      throw new TooLargeException();
    }
    body.write(next);
  }

  /// Buffered input that checks the deadline before it waits for the network.
  private final class Timed {
    private final Socket socket;
    private final InputStream in;
    private final byte[] buffer = new byte[16 << 10];
    private int at;
    private int end;

    Timed(Socket socket) throws IOException {
      this.socket = socket;
      this.in = socket.getInputStream();
    }

    int read() throws IOException {
      if (at == end) {
        socket.setSoTimeout(remaining());
        at = 0;
        end = Math.max(0, in.read(buffer));
        if (end == 0) {
          return -1;
        }
      }
      return buffer[at++] & 0xFF;
    }

    String line() throws IOException {
      var line = new StringBuilder();
      for (int next = read(); next != '\n'; next = read()) {
        if (next < 0) {
          throw new EOFException("the connection broke off");
        }
        if (line.length() >= MAX_LINE) {
          throw new IOException("the server sends an endless line");
        }
        line.append((char) next);
      }
      int length = line.length();
      return length > 0 && line.charAt(length - 1) == '\r'
          ? line.substring(0, length - 1)
          : line.toString();
    }
  }
}
