package llava4j.server.http;

import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Open connections, of which those without a request do not stay open: clients that send their
/// headers byte by byte, and those that have forgotten us.
final class Connections {
  private final Map<HttpConnection, Use> open = new ConcurrentHashMap<>();
  private final int most;
  private final Duration idle;

  /// Guarded by itself.
  private static final class Use {
    private int requests;
    private long since = System.nanoTime();

    synchronized void change(int by) {
      requests += by;
      since = System.nanoTime();
    }

    synchronized boolean isIdle(Duration time) {
      return requests == 0 && System.nanoTime() - since > time.toNanos();
    }
  }

  Connections(int most, Duration idle) {
    this.most = most;
    this.idle = idle;
  }

  void opened(HttpConnection connection) {
    if (open.size() >= most) {
      connection.close();
      return;
    }
    open.put(connection, new Use());
    connection.closeHandler(_ -> open.remove(connection));
  }

  void begun(HttpConnection connection) {
    change(connection, 1);
  }

  void ended(HttpConnection connection) {
    change(connection, -1);
  }

  /// Closes those that have had no request for too long.
  void closeIdle() {
    open.forEach((connection, use) -> {
      if (use.isIdle(idle)) {
        connection.close();
      }
    });
  }

  private void change(HttpConnection connection, int by) {
    Use use = open.get(connection);
    if (use != null) {
      use.change(by);
    }
  }
}
