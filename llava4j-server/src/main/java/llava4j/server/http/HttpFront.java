package llava4j.server.http;

import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import llava4j.error.BadInputException;
import llava4j.server.request.Refusal;

/// Listens on a port and gives each request to its handler, on a virtual thread.
///
/// Only HTTP/1.1: who asks for an upgrade to HTTP/2 gets the answer without it.
public final class HttpFront implements AutoCloseable {
  private static final long SECOND_MILLIS = 1000;
  private static final int SHOWN_CHARACTERS = 200;

  private final Vertx vertx;
  private final HttpServerOptions options;
  private final HttpServer server;
  private final Routes routes;
  private final Guard guard;
  private final Optional<Tls> tls;
  private final HttpLimits limits;
  private final AccessLog log;
  private final Connections connections;
  private final AtomicLong bodyBytes = new AtomicLong();
  private final AtomicInteger active = new AtomicInteger();

  private HttpFront(
      Vertx vertx,
      Routes routes,
      Guard guard,
      Optional<Tls> tls,
      HttpLimits limits,
      AccessLog log) {
    this.vertx = vertx;
    this.routes = routes;
    this.guard = guard;
    this.limits = limits;
    this.log = log;
    this.connections = new Connections(limits.connections(), limits.idle());
    this.tls = tls;
    this.options =
        new HttpServerOptions()
            .setHttp2ClearTextEnabled(false)
            .setHandle100ContinueAutomatically(true)
            .setTcpNoDelay(true)
            .setMaxHeaderSize(16 << 10);
    tls.ifPresent(files -> files.applyTo(options));
    this.server = vertx.createHttpServer(options);
  }

  /// Starts to listen.
  ///
  /// @throws BadInputException if the address or the certificate cannot be used
  public static HttpFront start(Listening at, Routes routes, HttpLimits limits, AccessLog log) {
    Guard guard = new Guard(at.keys(), isLoopback(at.host()));
    VertxBuilder builder =
        Vertx.builder()
            .with(
                new VertxOptions()
                    .setEventLoopPoolSize(2)
                    .setWorkerPoolSize(1)
                    .setInternalBlockingPoolSize(1)
                    .setUseDaemonThread(true)
                    .setFileSystemOptions(
                        new FileSystemOptions()
                            .setFileCachingEnabled(false)
                            .setClassPathResolvingEnabled(false)));
    if (at.tls().isPresent()) {
      builder.withTransport(PlainHttpNotice.transport());
    }
    Vertx vertx = builder.build();
    try {
      Optional<Tls> tls = at.tls().map(files -> new Tls(vertx, files));
      HttpFront front = new HttpFront(vertx, routes, guard, tls, limits, log);
      front.listen(at);
      return front;
    } catch (RuntimeException | Error e) {
      close(vertx);
      throw e;
    }
  }

  /// Whether only this machine reaches an address.
  ///
  /// @throws BadInputException if there is no such host
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new BadInputException("there is no host " + host + "; correct --host", e);
    }
  }

  /// The port that it listens on.
  public int port() {
    return server.actualPort();
  }

  /// All paths that are answered, with their methods; those of all that begin so end with a slash.
  public Map<String, Set<String>> paths() {
    return routes.all();
  }

  /// Requests that are being received or answered.
  public int active() {
    return active.get();
  }

  /// Waits until every request is answered.
  ///
  /// @return whether that came in time
  public boolean awaitIdle(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (active.get() > 0) {
      if (System.nanoTime() > end) {
        return false;
      }
      Thread.sleep(10);
    }
    return true;
  }

  /// Closes all connections.
  @Override
  public void close() {
    close(vertx);
  }

  private static void close(Vertx vertx) {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private void listen(Listening at) {
    String host = at.host();
    int port = at.port();
    vertx.exceptionHandler(cause -> log.failure(Optional.empty(), cause));
    server.connectionHandler(connection -> {
      StrictDecoder.guard(connection, options);
      connections.opened(connection);
    });
    server.invalidRequestHandler(this::refuseUnreadable);
    server.requestHandler(this::accept);
    server.exceptionHandler(cause -> log.note("a connection failed: " + shown(cause)));
    vertx.setPeriodic(SECOND_MILLIS, _ -> connections.closeIdle());
    tls.ifPresent(files -> files.follow(server, log::note));
    try {
      server.listen(port, host).toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BindException
          || e.getCause() instanceof UnresolvedAddressException) {
        throw new BadInputException(
            "port "
                + port
                + " of "
                + host
                + " cannot be used ("
                + e.getCause().getMessage()
                + "); choose another one with --port, or another --host",
            e);
      }
      throw new IllegalStateException("cannot listen on " + host + ":" + port, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while starting", e);
    }
  }

  /// The libraries' message may hold all bytes that the client has sent, in hexadecimal.
  private static String shown(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message =
        String.valueOf(cause.getMessage())
            .replaceAll("[0-9A-Fa-f]{8,}", "...")
            .replaceAll("[^ -~]", "?");
    String start = message.substring(0, Math.min(message.length(), SHOWN_CHARACTERS));
    return cause.getClass().getSimpleName() + ": " + start;
  }

  /// On the event loop: the head of a request is no HTTP.
  private void refuseUnreadable(HttpServerRequest request) {
    Refusal refusal = RequestHead.unreadable(request);
    Exchange exchange = new Exchange(request, limits.writeTime());
    exchange.refuseAtOnce(refusal, true).onComplete(_ -> request.connection().close());
    log.request("", "?", "?", refusal.reason().status(), Duration.ZERO);
  }

  /// On the event loop: the head of a request has arrived.
  private void accept(HttpServerRequest request) {
    long start = System.nanoTime();
    Exchange exchange = new Exchange(request, limits.writeTime());
    active.incrementAndGet();
    connections.begun(request.connection());
    IncomingBody body = new IncomingBody(request, limits, bodyBytes);
    Runnable over =
        () -> {
          body.release();
          active.decrementAndGet();
          connections.ended(request.connection());
          int status = exchange.isGone() ? 499 : exchange.status();
          log.request(
              exchange.caller(),
              exchange.method(),
              exchange.path(),
              status,
              Duration.ofNanos(System.nanoTime() - start));
        };
    Routes.Route route;
    try {
      route = routes.find(exchange.method(), exchange.path());
      String host = RequestHead.host(request);
      RequestHead.requireReadableBody(request);
      if (!route.open()) {
        exchange.setCaller(
            guard.check(request.getHeader("Authorization"), host, request.getHeader("Origin")));
      }
      body.requireSize();
    } catch (Refusal refusal) {
      if (refusal.reason() == Refusal.Reason.METHOD_NOT_ALLOWED) {
        exchange.header("Allow", routes.allowed(exchange.path()));
      }
      turnAway(exchange, body, refusal, over);
      return;
    }
    long timer =
        vertx.setTimer(
            limits.bodyTime().toMillis(),
            _ ->
                body.fail(
                    Refusal.of(
                        Refusal.Reason.TOO_SLOW,
                        "the body did not arrive within "
                            + limits.bodyTime().toSeconds()
                            + " seconds; send it faster")));
    body.receive(
        whole -> {
          vertx.cancelTimer(timer);
          exchange.setBody(whole);
          Thread.ofVirtual().name("llava4j-request").start(() -> serve(exchange, route, over));
        },
        refusal -> {
          vertx.cancelTimer(timer);
          turnAway(exchange, body, refusal, over);
        });
  }

  /// Refuses before the body is there. What still comes of it is thrown away for a moment, because
  /// many clients read the response only when they have sent everything; then the connection ends.
  private void turnAway(Exchange exchange, IncomingBody body, Refusal refusal, Runnable over) {
    if (refusal.reason() != Refusal.Reason.CLIENT_GONE && !exchange.isGone()) {
      boolean rest = body.isExpected();
      exchange
          .refuseAtOnce(refusal, rest)
          .onComplete(_ -> {
            if (rest) {
              body.endConnection(vertx);
            }
          });
    }
    over.run();
  }

  /// On the request's own thread.
  private void serve(Exchange exchange, Routes.Route route, Runnable over) {
    try {
      route.handler().handle(exchange);
    } catch (Refusal refusal) {
      if (refusal.reason() == Refusal.Reason.BUG) {
        log.failure(Optional.of(exchange.path()), refusal);
      }
      respond(exchange, refusal);
    } catch (BadInputException e) {
      respond(exchange, Refusal.of(Refusal.Reason.BAD_REQUEST, e.getMessage()).withCause(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does it
    } catch (RuntimeException | Error e) { // the thread ends here, so it has to be told now
      log.failure(Optional.of(exchange.path()), e);
      respond(exchange, Refusal.of(Refusal.Reason.BUG, "the server failed; its log says why"));
    } finally {
      over.run();
    }
  }

  private void respond(Exchange exchange, Refusal refusal) {
    if (exchange.status() != 0 || exchange.isGone()) {
      return; // too late to say so
    }
    try {
      exchange.refuse(refusal);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Refusal gone) {
      exchange.whenGone(() -> {});
    }
  }
}
