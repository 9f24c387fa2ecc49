package llava4j.server.http;

/// Answers requests of one path, each on a virtual thread of its own.
@FunctionalInterface
public interface Handler {
  /// @throws llava4j.server.request.Refusal if the request cannot be answered
  void handle(Exchange exchange) throws InterruptedException;
}
