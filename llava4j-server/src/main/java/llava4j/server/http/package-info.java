/// Connections, bodies within limits, streams of events; the only package that knows the HTTP
/// library.
package llava4j.server.http;
