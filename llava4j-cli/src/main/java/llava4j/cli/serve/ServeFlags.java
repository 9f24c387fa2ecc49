package llava4j.cli.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import llava4j.cli.option.ByteSize;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.fetch.FetchPolicy;
import llava4j.server.ServerSettings;
import llava4j.server.engine.EngineLimits;
import llava4j.server.http.ApiKeys;
import llava4j.server.http.HttpFront;
import llava4j.server.http.HttpLimits;
import llava4j.server.http.TlsFiles;
import picocli.CommandLine.Option;

/// Options about the address, the key and the limits of a server.
public final class ServeFlags {
  private static final int MOST_PORTS = 65_535;
  private static final int MOST_REQUESTS = 10_000;
  private static final long MOST_BODY = 1023L << 20;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "The address to listen on; 0.0.0.0 for all networks. Default: ${DEFAULT-VALUE}, this"
              + " machine only.")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "The port; 0 for any free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      defaultValue = "${env:LLAVA_API_KEY}",
      description =
          "Clients must send this key. Other users of this machine can see options: rather use"
              + " --api-key-file or the environment variable LLAVA_API_KEY.")
  private String apiKey;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description =
          "The file that holds the keys: a key on each line, or a name, a blank and a key. Names stand in"
              + " the log; clients with different keys share no cache.")
  private Path apiKeyFile;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description =
          "Serve https with this certificate: PEM, with those that vouch for it. A changed file is used"
              + " without a restart.")
  private Path tlsCertificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "The certificate's private key: PEM, not encrypted.")
  private Path tlsKey;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The first model's name for clients. Default: that of its folder or file.")
  private String name;

  @Option(
      names = "--allow-url",
      description = "Fetch images from public http and https addresses that clients name.")
  private boolean allowUrl;

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      defaultValue = "50000000",
      description = "Refuse images with more pixels. Default: ${DEFAULT-VALUE}.")
  private long maxPixels;

  @Option(
      names = "--max-images",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Refuse requests with more images; 0 for none at all. Default: ${DEFAULT-VALUE}.")
  private int maxImages;

  @Option(
      names = "--max-body",
      paramLabel = "SIZE",
      defaultValue = "32M",
      description =
          "Refuse larger requests. SIZE is a number and K, M or G (a number alone is MiB). Default:"
              + " ${DEFAULT-VALUE}.")
  private String maxBody;

  @Option(
      names = "--running",
      paramLabel = "N",
      defaultValue = "16",
      description = "Requests that a model works on at the same time. Default: ${DEFAULT-VALUE}.")
  private int running;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Requests that may wait for a model; more get status 429. Those of different keys take turns."
              + " Default: ${DEFAULT-VALUE}.")
  private int queue;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "The most time for a request, waiting included. Default: ${DEFAULT-VALUE}.")
  private int timeout;

  @Option(
      names = "--drain",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long a server that is stopped goes on with accepted requests. Default:"
              + " ${DEFAULT-VALUE}.")
  private int drain;

  /// The settings.
  ///
  /// @throws BadInputException if a value cannot be used
  ServerSettings settings() {
    require("--port", port, 0, MOST_PORTS);
    require("--max-images", maxImages, 0, MOST_REQUESTS);
    long body = ByteSize.parse("--max-body", maxBody, 1 << 10, MOST_BODY);
    require("--running", running, 1, MOST_REQUESTS);
    require("--queue", queue, 1, MOST_REQUESTS);
    require("--timeout", timeout, 1, Integer.MAX_VALUE);
    require("--drain", drain, 0, Integer.MAX_VALUE);
    require("--max-pixels", maxPixels, 1, DecodeOptions.LARGEST_MAX_PIXELS);
    FetchPolicy fetch = allowUrl ? FetchPolicy.withUrls() : FetchPolicy.withoutUrls();
    return new ServerSettings(
        host,
        port,
        keys(),
        tls(),
        name(),
        new EngineLimits(running, queue, Duration.ofSeconds(timeout), maxImages, maxPixels, fetch),
        HttpLimits.ofBody(body));
  }

  /// How long accepted requests may take after a signal to stop.
  Duration drain() {
    return Duration.ofSeconds(drain);
  }

  /// Whether everybody who reaches this machine could use the server.
  boolean isOpenToAll(ServerSettings settings) {
    return settings.keys().isEmpty() && !HttpFront.isLoopback(settings.host());
  }

  private Optional<String> name() {
    if (name != null && name.isBlank()) {
      throw new BadInputException("--name is empty; give a name or leave the option out");
    }
    return Optional.ofNullable(name);
  }

  private Optional<TlsFiles> tls() {
    if ((tlsCertificate == null) != (tlsKey == null)) {
      throw new BadInputException(
          (tlsKey == null ? "--tls-cert needs --tls-key" : "--tls-key needs --tls-cert")
              + "; give both");
    }
    return Optional.ofNullable(tlsKey).map(key -> new TlsFiles(tlsCertificate, key));
  }

  private ApiKeys keys() {
    if (apiKeyFile == null) {
      if (apiKey != null && apiKey.isBlank()) {
        throw new BadInputException("the API key is empty; give a key or leave the option out");
      }
      return apiKey == null ? ApiKeys.NONE : ApiKeys.of(apiKey);
    }
    if (apiKey != null) {
      throw new BadInputException(
          "there is a key in --api-key or LLAVA_API_KEY, and --api-key-file; write all keys into the file,"
              + " and leave the other out");
    }
    try {
      return ApiKeys.parse(Files.readString(apiKeyFile), apiKeyFile.toString());
    } catch (IOException e) {
      throw new BadInputException(
          "cannot read the API keys from "
              + apiKeyFile
              + " ("
              + e.getMessage()
              + "); check --api-key-file",
          e);
    }
  }

  private static void require(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new BadInputException(
          option + " must be between " + least + " and " + most + ", not " + value);
    }
  }
}
