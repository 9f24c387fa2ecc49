package llava4j.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.impl.transports.NioTransport;
import io.vertx.core.transport.Transport;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Tells who speaks plain HTTP to a TLS port what is wrong. It stands before TLS and looks at the
/// first byte of a connection: TLS begins with 22, and whatever else comes is taken for HTTP.
final class PlainHttpNotice extends ChannelInboundHandlerAdapter {
  private static final int TLS_HANDSHAKE = 22;
  private static final String BODY =
      "{\"error\":{\"message\":\"this server speaks TLS; use https:// in place of http://\","
          + "\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}";
  private static final String ANSWER =
      "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: "
          + BODY.length()
          + "\r\nConnection: close\r\n\r\n"
          + BODY;

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes && bytes.isReadable()) {
      if (bytes.getByte(bytes.readerIndex()) != TLS_HANDSHAKE) {
        ReferenceCountUtil.release(message);
        context
            .writeAndFlush(Unpooled.copiedBuffer(ANSWER, StandardCharsets.US_ASCII))
            .addListener(ChannelFutureListener.CLOSE);
        return;
      }
      context.pipeline().remove(this);
    }
    context.fireChannelRead(message);
  }

  /// The usual transport, whose connections have this handler.
  static Transport transport() {
    return new NoticingTransport();
  }

  private static final class NoticingChannel extends NioServerSocketChannel {
    @Override
    protected int doReadMessages(List<Object> accepted) throws Exception {
      int count = super.doReadMessages(accepted);
      accepted.forEach(child -> ((Channel) child).pipeline().addFirst(new PlainHttpNotice()));
      return count;
    }
  }

  private static final class NoticingTransport extends NioTransport implements Transport {
    @Override
    public String name() {
      return "nio";
    }

    @Override
    public boolean available() {
      return isAvailable();
    }

    @Override
    public Throwable unavailabilityCause() {
      return null; // what the interface asks for
    }

    @Override
    public io.vertx.core.spi.transport.Transport implementation() {
      return this;
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
      return NoticingChannel::new; // this server has no domain sockets
    }
  }
}
