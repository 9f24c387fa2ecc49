package llava4j.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import llava4j.server.request.Refusal;

/// A body while it arrives; its size is checked with every piece. It belongs to the event loop, but
/// for [#release].
final class IncomingBody {
  /// How long the rest of a refused body is read.
  private static final long LINGER_MILLIS = 1500;

  private final HttpServerRequest request;
  private final HttpLimits limits;
  private final AtomicLong allBytes;
  private final AtomicLong taken = new AtomicLong();
  private Buffer pieces = Buffer.buffer();
  private boolean over;
  private boolean complete;
  private Consumer<Refusal> failed = _ -> {};

  /// @param allBytes of all bodies of the server
  IncomingBody(HttpServerRequest request, HttpLimits limits, AtomicLong allBytes) {
    this.request = request;
    this.limits = limits;
    this.allBytes = allBytes;
  }

  /// @throws Refusal if its head says that it is too large
  void requireSize() {
    String length = request.getHeader("Content-Length");
    if (length != null && (length.length() > 18 || Long.parseLong(length) > limits.bodyBytes())) {
      throw tooLarge();
    }
  }

  /// Whether the request has a body that is not here yet.
  boolean isExpected() {
    String length = request.getHeader("Content-Length");
    return !complete
        && (request.getHeader("Transfer-Encoding") != null
            || (length != null && !length.equals("0")));
  }

  void receive(Consumer<byte[]> whenComplete, Consumer<Refusal> whenFailed) {
    failed = whenFailed;
    request.handler(this::add);
    request.endHandler(_ -> {
      complete = true;
      if (!over) {
        over = true;
        byte[] bytes = pieces.getBytes();
        pieces = null;
        whenComplete.accept(bytes);
      }
    });
    request.exceptionHandler(
        _ -> fail(Refusal.of(Refusal.Reason.CLIENT_GONE, "the client closed the connection")));
  }

  /// Gives up receiving.
  void fail(Refusal refusal) {
    if (!over) {
      over = true;
      pieces = null;
      failed.accept(refusal);
    }
  }

  /// Its memory is free again.
  void release() {
    allBytes.addAndGet(-taken.getAndSet(0));
  }

  /// Ends the connection, a little later if the client is still sending.
  void endConnection(Vertx vertx) {
    if (request.isEnded()) {
      request.connection().close();
      return;
    }
    request.handler(_ -> {});
    request.endHandler(_ -> request.connection().close());
    request.resume();
    vertx.setTimer(LINGER_MILLIS, _ -> request.connection().close());
  }

  private void add(Buffer piece) {
    if (over) {
      return;
    }
    if (pieces.length() + (long) piece.length() > limits.bodyBytes()) {
      fail(tooLarge());
      return;
    }
    taken.addAndGet(piece.length());
    if (allBytes.addAndGet(piece.length()) > limits.allBodyBytes()) {
      fail(
          Refusal.later(
              Refusal.Reason.BUSY, "the server receives too much at once; try again in 1 s", 1));
      return;
    }
    pieces.appendBuffer(piece);
  }

  private Refusal tooLarge() {
    return Refusal.of(
        Refusal.Reason.TOO_LARGE,
        "the body is larger than the limit of "
            + limits.bodyBytes()
            + " bytes; send fewer or smaller images");
  }
}
