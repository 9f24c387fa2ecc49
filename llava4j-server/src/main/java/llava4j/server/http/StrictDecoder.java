package llava4j.server.http;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpMessage;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import io.vertx.core.net.impl.ConnectionBase;

/// Reads the heads of requests as Vert.x does, but refuses a body whose length is given in two
/// ways: a proxy before this server might believe the other one, and take a part of the body for a
/// request (request smuggling). That is so in HTTP/1.1; [RequestHead] refuses the other cases.
final class StrictDecoder extends VertxHttpRequestDecoder {
  private StrictDecoder(HttpServerOptions options) {
    super(options);
  }

  /// Lets a new connection be read by it.
  static void guard(HttpConnection connection, HttpServerOptions options) {
    ChannelPipeline pipeline = ((ConnectionBase) connection).channel().pipeline();
    pipeline.replace(VertxHttpRequestDecoder.class, "strictDecoder", new StrictDecoder(options));
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException(RequestHead.TWO_LENGTHS);
  }
}
