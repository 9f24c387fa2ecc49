package llava4j.server.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import llava4j.server.request.Json;
import llava4j.server.request.Refusal;
import tools.jackson.databind.node.ObjectNode;

/// A request with its whole body, and the response to it. Its methods wait until the client has
/// accepted what they send; they belong to the request's own thread.
public final class Exchange {
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Duration writeTime;
  private final String path;
  private byte[] body = new byte[0];
  private String caller = "";
  private int status; // 0 before a response is begun
  private boolean gone; // guarded by this
  private Runnable whenGone = () -> {}; // guarded by this

  Exchange(HttpServerRequest request, Duration writeTime) {
    this.request = request;
    this.response = request.response();
    this.writeTime = writeTime;
    this.path = request.path() == null ? "" : request.path();
    response.closeHandler(_ -> leave());
    response.exceptionHandler(_ -> leave());
    request.exceptionHandler(_ -> leave());
  }

  void setBody(byte[] whole) {
    body = whole;
  }

  void setCaller(String key) {
    caller = key;
  }

  /// The name of the client's API key; empty for none.
  public String caller() {
    return caller;
  }

  public String path() {
    return path;
  }

  /// The body; empty if there is none.
  public byte[] body() {
    return body;
  }

  /// Calls `action` when the client closes the connection, at once if it has done so already.
  public void whenGone(Runnable action) {
    boolean already;
    synchronized (this) {
      whenGone = action;
      already = gone;
    }
    if (already) {
      action.run();
    }
  }

  boolean isGone() {
    synchronized (this) {
      return gone;
    }
  }

  /// The status of the response; 0 if there is none yet.
  int status() {
    return status;
  }

  String method() {
    return request.method().name();
  }

  /// Sends a whole response.
  public void json(int code, ObjectNode content) throws InterruptedException {
    send(code, "application/json", Json.write(content).getBytes(StandardCharsets.UTF_8));
  }

  /// Sends a whole response.
  public void send(int code, String type, byte[] content) throws InterruptedException {
    begin(code, type);
    await(response.end(Buffer.buffer(content)));
  }

  /// A header of the response, before it is sent.
  public void header(String name, String value) {
    response.putHeader(name, value);
  }

  /// Begins a response of unknown length.
  ///
  /// @param headers beside the type
  public void begin(String type, Map<String, String> headers) {
    headers.forEach(response::putHeader);
    begin(200, type);
    response.setChunked(true);
  }

  /// The next piece of a response that was begun.
  ///
  /// @throws Refusal if the client has gone or accepts nothing any more
  public void write(String text) throws InterruptedException {
    await(response.write(text));
  }

  /// Ends a response that was begun.
  public void end() throws InterruptedException {
    await(response.end());
  }

  void refuse(Refusal refusal) throws InterruptedException {
    refusal
        .retrySeconds()
        .ifPresent(seconds -> response.putHeader("Retry-After", String.valueOf(seconds)));
    json(refusal.reason().status(), ErrorStyle.of(path).body(refusal));
  }

  /// Refuses on the event loop, which must not wait.
  ///
  /// @param last whether the connection ends then
  Future<Void> refuseAtOnce(Refusal refusal, boolean last) {
    refusal
        .retrySeconds()
        .ifPresent(seconds -> response.putHeader("Retry-After", String.valueOf(seconds)));
    begin(refusal.reason().status(), "application/json");
    if (last) {
      response.putHeader("Connection", "close");
    }
    return response.end(Json.write(ErrorStyle.of(path).body(refusal)));
  }

  private void begin(int code, String type) {
    status = code;
    response.setStatusCode(code);
    response.putHeader("Content-Type", type);
    response.putHeader("X-Content-Type-Options", "nosniff");
  }

  private void leave() {
    Runnable action;
    synchronized (this) {
      if (gone || response.ended()) {
        return;
      }
      gone = true;
      action = whenGone;
    }
    action.run();
  }

  private void await(Future<?> sent) throws InterruptedException {
    try {
      sent.toCompletionStage().toCompletableFuture().get(writeTime.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw left(e);
    } catch (TimeoutException e) {
      request.connection().close();
      throw left(e);
    }
  }

  private static Refusal left(Exception cause) {
    return Refusal.of(Refusal.Reason.CLIENT_GONE, "the client closed the connection")
        .withCause(cause);
  }
}
