package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llava4j.tensor.NativeRuntime;

/// An OpenAI-compatible server in a process of its own, on a free port of this machine.
final class ServerProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int OK = 200;
  private static final int SLOTS = 8;
  private static final int TOKENS_OF_SLOT = 1024;

  private final String name;
  private final Process process;
  private final Path log;
  private final int port;

  private ServerProcess(String name, ProcessBuilder builder, int port, Path log) {
    this.name = name;
    this.port = port;
    this.log = log;
    try {
      this.process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    } catch (IOException e) {
      throw new Benchmark.WrongAnswerException(name + " cannot be started: " + e.getMessage());
    }
  }

  /// Ours, in a JVM with the options of this one.
  ///
  /// @param folder for its log
  static ServerProcess ours(Path model, Path folder) {
    int port = freePort();
    ProcessBuilder builder =
        FreshJvm.builder(OwnServer.class, Map.of(), model.toString(), String.valueOf(port));
    return new ServerProcess("llava", builder, port, folder.resolve("llava.log"));
  }

  /// llama.cpp's, with as many threads, places for 8 requests of 1024 tokens each, and LLaVA-1.5's
  /// conversation.
  ///
  /// @param program the `llama-server`
  /// @param more options, which come last
  static ServerProcess llamaCpp(Path program, Path model, List<String> more, Path folder) {
    int port = freePort();
    String threads = String.valueOf(NativeRuntime.chosenThreads().count());
    List<String> command =
        new ArrayList<>(
            List.of(program.toString(), "--model", model.toString(), "--host", "127.0.0.1"));
    command.addAll(List.of("--port", String.valueOf(port)));
    command.addAll(List.of("--threads", threads, "--threads-batch", threads));
    command.addAll(List.of("--parallel", String.valueOf(SLOTS)));
    command.addAll(List.of("--ctx-size", String.valueOf(SLOTS * TOKENS_OF_SLOT)));
    // with Jinja, its default, a name would be taken for a template's text
    command.addAll(List.of("--no-jinja", "--chat-template", "vicuna"));
    command.addAll(more);
    return new ServerProcess(
        "llama.cpp", new ProcessBuilder(command), port, folder.resolve("llama.cpp.log"));
  }

  String name() {
    return name;
  }

  /// Waits until the server answers.
  ///
  /// @throws Benchmark.WrongAnswerException if it ends or takes too long; with the end of its log
  ServeClients clients() {
    URI address = URI.create("http://127.0.0.1:" + port);
    long end = System.nanoTime() + PATIENCE.toNanos();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest health = HttpRequest.newBuilder(address.resolve("/health")).build();
      while (!isReady(client, health)) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new Benchmark.WrongAnswerException(
              name
                  + (process.isAlive() ? " is not ready after five minutes: " : " ended: ")
                  + lastLines());
        }
        Thread.sleep(200);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
    return new ServeClients(address);
  }

  private static boolean isReady(HttpClient client, HttpRequest health)
      throws InterruptedException {
    try {
      return client.send(health, HttpResponse.BodyHandlers.discarding()).statusCode() == OK;
    } catch (IOException _) {
      return false; // it does not listen yet
    }
  }

  private String lastLines() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    } catch (IOException e) {
      return "its log cannot be read: " + e.getMessage();
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
