package llava4j.server.http;

import java.time.Duration;
import java.util.Optional;

/// Hears of every request; never of its body or of an answer.
public interface AccessLog {

  /// A request is over.
  ///
  /// @param status of the response; 499 if the client had gone
  void request(String method, String path, int status, Duration time);

  /// The server itself failed.
  ///
  /// @param path of the request that it failed with; empty if with none
  void failure(Optional<String> path, Throwable cause);
}
