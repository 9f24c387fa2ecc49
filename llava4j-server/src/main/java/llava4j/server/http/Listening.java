package llava4j.server.http;

import java.util.Optional;

/// Where and how a server listens.
///
/// @param port 0 for any
/// @param keys what clients must send
/// @param tls empty for plain HTTP
public record Listening(String host, int port, ApiKeys keys, Optional<TlsFiles> tls) {}
