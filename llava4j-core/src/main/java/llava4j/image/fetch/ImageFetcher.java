package llava4j.image.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import llava4j.error.BadInputException;
import llava4j.image.ImageSource;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.DecodedImage;
import llava4j.image.decode.ImageDecoder;

/// Fetches the bytes of an image, within a [FetchPolicy].
///
/// A URL is fetched only if all IP addresses of its host are public. The connection uses exactly
/// the address that was checked, and each redirect is checked again.
public final class ImageFetcher {
  private final FetchPolicy policy;
  private final InputStream standardInput;

  /// @param standardInput the source of `-`; read once, to its end
  public ImageFetcher(FetchPolicy policy, InputStream standardInput) {
    this.policy = policy;
    this.standardInput = standardInput;
  }

  /// The bytes of a source.
  ///
  /// @throws BadInputException if they cannot be read or the policy forbids it
  public byte[] fetch(ImageSource source) {
    return switch (source) {
      case ImageSource.OfFile(Path path) -> readFile(path);
      case ImageSource.OfBytes(String name, byte[] bytes) -> {
        requireSize(bytes.length, name);
        yield bytes;
      }
      case ImageSource.OfDataUri(String uri) -> decodeDataUri(uri);
      case ImageSource.OfUrl(URI uri) -> download(uri);
      case ImageSource.OfStandardInput _ -> readStandardInput(source.name());
    };
  }

  /// Fetches and decodes.
  public DecodedImage decode(ImageSource source, DecodeOptions options) {
    return ImageDecoder.decode(fetch(source), source.name(), options);
  }

  private void requireSize(long size, String name) {
    if (size > policy.maxBytes()) {
      throw new BadInputException(
          name
              + " is larger than the limit of "
              + policy.maxBytes()
              + " bytes; give a smaller image");
    }
  }

  private byte[] readFile(Path path) {
    try {
      if (Files.isDirectory(path)) {
        throw new BadInputException(path + " is a folder; give an image file");
      }
      requireSize(Files.size(path), path.toString());
      try (InputStream in = Files.newInputStream(path)) {
        return readLimited(in, path.toString());
      }
    } catch (NoSuchFileException e) {
      throw new BadInputException("there is no image file " + path + "; check the path", e);
    } catch (AccessDeniedException e) {
      throw new BadInputException(
          "the image file " + path + " may not be read; change its permissions", e);
    } catch (IOException e) {
      throw new BadInputException(
          "cannot read the image file " + path + " (" + e.getMessage() + "); check the disk", e);
    }
  }

  private byte[] readStandardInput(String name) {
    try {
      return readLimited(standardInput, name);
    } catch (IOException e) {
      throw new BadInputException(
          "cannot read an image from standard input (" + e.getMessage() + "); pipe a file into it",
          e);
    }
  }

  private byte[] readLimited(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes((int) policy.maxBytes() + 1);
    requireSize(bytes.length, name);
    return bytes;
  }

  private byte[] decodeDataUri(String uri) {
    int comma = uri.indexOf(',');
    if (!uri.regionMatches(true, 0, "data:", 0, 5) || comma < 0) {
      throw new BadInputException(
          "the data URI has no comma; it must look like data:image/png;base64,...");
    }
    String data = uri.substring(comma + 1);
    if (data.length() > policy.maxBytes() * 4) {
      requireSize(data.length(), "the data URI");
    }
    boolean base64 = uri.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64");
    try {
      byte[] bytes =
          base64
              ? Base64.getMimeDecoder().decode(unescape(data).replace('-', '+').replace('_', '/'))
              : unescape(data.replace("+", "%2B")).getBytes(StandardCharsets.ISO_8859_1);
      requireSize(bytes.length, "the data URI");
      return bytes;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          "the data URI contains invalid base64 data; encode the image again", e);
    }
  }

  private static String unescape(String data) {
    return data.indexOf('%') < 0
        ? data
        : URLDecoder.decode(data.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
  }

  private byte[] download(URI start) {
    if (!policy.allowUrls()) {
      throw new BadInputException(
          "images from addresses such as "
              + start
              + " are not allowed; allow them with --allow-url or give a file");
    }
    long deadline = System.nanoTime() + policy.timeout().toNanos();
    var client = new HttpDownload(deadline, policy.maxBytes());
    URI uri = start;
    try {
      for (int hop = 0; hop <= policy.maxRedirects(); hop++) {
        HttpDownload.Answer answer = client.get(uri, checkedAddress(uri, deadline));
        String location = answer.headers().get("location");
        if (answer.status() == 200) {
          return answer.body();
        }
        if (answer.status() / 100 != 3 || location == null) {
          throw new BadInputException(
              uri + " responds with status " + answer.status() + "; check the address");
        }
        uri = uri.resolve(location);
      }
    } catch (HttpDownload.TooLargeException _) {
      requireSize(Long.MAX_VALUE, uri.toString());
    } catch (SocketTimeoutException e) {
      throw new BadInputException(
          uri
              + " was not received within "
              + policy.timeout().toSeconds()
              + " seconds; try again later",
          e);
    } catch (SSLException e) {
      throw new BadInputException(
          uri + " has no valid certificate (" + e.getMessage() + "); check the address", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new BadInputException(
          "cannot fetch " + uri + " (" + e.getMessage() + "); check the address", e);
    }
    throw new BadInputException(
        start + " redirects more than " + policy.maxRedirects() + " times; give the final address");
  }

  /// The IP address to connect to. All addresses of a name must be public; otherwise an attacker
  /// could mix public and private addresses.
  private InetAddress checkedAddress(URI uri, long deadline) throws SocketTimeoutException {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!(scheme.equals("http") || scheme.equals("https")) || uri.getHost() == null) {
      throw new BadInputException(
          "'" + uri + "' is not an http or https address; give such an address or a file");
    }
    String host = uri.getHost();
    try {
      InetAddress[] addresses = lookUp(host, deadline);
      for (InetAddress address : addresses) {
        if (!PublicAddress.isPublic(address)
            && !policy.privateHosts().contains(host.toLowerCase(Locale.ROOT))) {
          throw new BadInputException(
              uri + " is in a private network, which is not allowed; give a public address");
        }
      }
      return addresses[0];
    } catch (UnknownHostException e) {
      throw new BadInputException("there is no host " + host + "; check the address " + uri, e);
    }
  }

  /// The JDK's look-up has no timeout; a slow one continues in a thread that nobody waits for.
  private static InetAddress[] lookUp(String host, long deadline)
      throws UnknownHostException, SocketTimeoutException {
    var task = new FutureTask<InetAddress[]>(() -> InetAddress.getAllByName(host));
    // a look-up in a virtual thread would block one of the few carrier threads, which the deadlines
    // need
    Thread.ofPlatform().daemon().start(task);
    try {
      return task.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException _) {
      throw new SocketTimeoutException("the name server does not answer");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException unknown) {
        throw unknown;
      }
      throw new IllegalStateException("cannot look up " + host, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while looking up " + host, e);
    }
  }
}
