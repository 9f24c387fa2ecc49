package llava4j.cli.serve;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.cli.LlavaProcess;
import org.junit.jupiter.api.condition.OS;

/// `llava serve` in a process of its own, on a free port.
final class ServerProcess implements AutoCloseable {
  final Process process;
  final String firstLine;
  private final BufferedReader out;
  private final HttpClient client = HttpClient.newHttpClient();

  /// Returns when it is served.
  ///
  /// @param log receives what it writes to standard error
  ServerProcess(Path log, List<String> arguments) throws IOException {
    this(log, arguments, Map.of());
  }

  /// The same with other variables of the environment.
  ServerProcess(Path log, List<String> arguments, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>();
    if (OS.LINUX.isCurrentOs()) { // a shell's job in the background ignores SIGINT
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.addAll(
        LlavaProcess.command(
            List.of("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0", "-XX:+UseSerialGC"),
            List.of("serve", "--port=0")));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder.environment().putAll(environment);
    this.process = builder.start();
    this.out = process.inputReader();
    this.firstLine = out.readLine();
  }

  /// The address of a path.
  URI at(String path) {
    return URI.create(firstLine.substring(firstLine.indexOf("http")) + path);
  }

  int port() {
    return at("").getPort();
  }

  String get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(at(path)).timeout(Duration.ofSeconds(30)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  /// A number of `/metrics`, summed over models.
  static double metric(String metrics, String name) {
    Matcher matcher =
        Pattern.compile("(?m)^" + Pattern.quote(name) + "(?:\\{[^}]*\\})? (\\S+)$")
            .matcher(metrics);
    double sum = 0;
    while (matcher.find()) {
      sum += Double.parseDouble(matcher.group(1));
    }
    return sum;
  }

  /// Memory in bytes.
  ///
  /// @param heap Java's, after a collection
  /// @param resident of the process
  record Memory(double heap, double resident) {}

  Memory memory() throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Process collected =
        new ProcessBuilder(jcmd.toString(), String.valueOf(process.pid()), "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (collected.waitFor() != 0) {
      throw new IllegalStateException("jcmd failed");
    }
    String metrics = get("/metrics");
    return new Memory(
        metric(metrics, "llava_heap_used_bytes"), metric(metrics, "process_resident_memory_bytes"));
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    client.close();
    out.close();
  }
}
