package llava4j.server.http;

import java.time.Duration;
import java.util.Optional;

/// Hears of every request; never of its body or of an answer.
public interface AccessLog {

  /// A request is over.
  ///
  /// @param key the name of the client's API key; empty for none
  /// @param status of the response; 499 if the client had gone
  void request(String key, String method, String path, int status, Duration time);

  /// Something that whoever runs the server may want to know.
  void note(String sentence);

  /// The server itself failed.
  ///
  /// @param path of the request that it failed with; empty if with none
  void failure(Optional<String> path, Throwable cause);
}
