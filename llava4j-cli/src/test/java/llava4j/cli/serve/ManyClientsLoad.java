package llava4j.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `make load-test`: sixty-four clients at a server in a process of its own, for so many seconds as
/// the property says. Its name keeps it out of the other tests. `ManyClientsTest` is the small
/// version that runs with all other tests.
class ManyClientsLoad {
  private static final int CLIENTS = 64;
  private static final int STREAMS = 16;
  private static final double MEBIBYTE = 1 << 20;
  private static final List<String> QUESTIONS =
      List.of("What is in this image?", "Describe it in one sentence.", "Which colours are there?");

  /// What noise may look like, in MiB per minute.
  private static final double FLAT_HEAP = 1;

  private static final double FLAT_RESIDENT = 8;

  @TempDir private Path folder;

  @Test
  void manyClientsGetTheAnswersOfOne() throws Exception {
    int seconds = Integer.getInteger("llava4j.load.seconds");
    Path log = folder.resolve("log");
    try (ServerProcess server = new ServerProcess(log, List.of(model(), "--drain=60"))) {
      Map<String, String> alone = alone(server);
      AtomicBoolean stop = new AtomicBoolean();
      List<Future<LoadClient>> clients = new ArrayList<>();
      List<LoadClient> done = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
        for (int i = 0; i < CLIENTS; i++) {
          clients.add(threads.submit(new LoadClient(server, alone, stop, i)));
        }
        List<ServerProcess.Memory> memory = watch(server, seconds);
        String metrics = server.get("/metrics");
        stop.set(true);
        server.process.destroy(); // SIGTERM; what runs now must be answered
        for (Future<LoadClient> client : clients) {
          done.add(client.get(2, TimeUnit.MINUTES));
        }
        assertThat(server.process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        report(done, metrics, memory, seconds);
      }
    }
    assertThat(Files.readString(log)).doesNotContain("Exception", "not answered within", "a bug");
  }

  @Test
  void placesOfKilledStreamsAreFreeWithinASecond() throws Exception {
    // a model of random weights, whose answers do not end early
    List<String> model = List.of(Golden.path("original").toString());
    try (ServerProcess server = new ServerProcess(folder.resolve("log"), model)) {
      String body =
          "{\"stream\":true,\"max_tokens\":1500,\"messages\":[{\"role\":\"user\",\"content\":"
              + "\"Tell a long story.\"}]}";
      List<Socket> streams = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        streams.add(LoadClient.open(server, body));
      }
      for (Socket socket : streams) {
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
      assertThat(running(server)).isEqualTo(STREAMS);
      long start = System.nanoTime();
      for (Socket socket : streams) {
        socket.close();
      }
      while (running(server) > 0) {
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(1));
        Thread.sleep(2);
      }
      System.out.printf(
          Locale.ROOT,
          "%d killed streams: all places free after %.0f ms%n",
          STREAMS,
          (System.nanoTime() - start) / 1e6);
    }
  }

  private static double running(ServerProcess server) throws IOException, InterruptedException {
    return ServerProcess.metric(server.get("/metrics"), "llava_requests_running");
  }

  private static String model() {
    return System.getProperty("llava4j.load.model", "../models/llava-tiny");
  }

  /// The answers to every body when nobody else asks.
  private static Map<String, String> alone(ServerProcess server)
      throws IOException, InterruptedException {
    List<Path> images;
    try (Stream<Path> files = Files.list(Golden.path("images"))) {
      images =
          files
              .filter(file -> file.toString().matches(".*\\.(png|jpg)"))
              .sorted()
              .limit(24)
              .toList();
    }
    Map<String, String> alone = new HashMap<>();
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 0; i < images.size() * 2; i++) {
        String uri =
            "data:image/png;base64,"
                + Base64.getEncoder()
                    .encodeToString(Files.readAllBytes(images.get(i % images.size())));
        String body =
            "{\"max_tokens\":32,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                + "\"image_url\",\"image_url\":{\"url\":\""
                + uri
                + "\"}},{\"type\":\"text\",\"text\":\""
                + QUESTIONS.get(i % QUESTIONS.size())
                + "\"}]}]}";
        HttpResponse<String> response =
            client.send(
                HttpRequest.newBuilder(server.at(LoadClient.CHAT))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() == 200) { // some of these files are broken on purpose
          alone.put(body, LoadClient.content(response.body()));
        }
      }
    }
    assertThat(alone.values().stream().distinct().count()).isGreaterThan(5);
    return alone;
  }

  /// Memory at equal times.
  private static List<ServerProcess.Memory> watch(ServerProcess server, int seconds)
      throws IOException, InterruptedException {
    List<ServerProcess.Memory> memory = new ArrayList<>();
    long start = System.nanoTime();
    int samples = 24;
    for (int i = 1; i <= samples; i++) {
      long wait = start + TimeUnit.SECONDS.toNanos(seconds) * i / samples - System.nanoTime();
      TimeUnit.NANOSECONDS.sleep(Math.max(0, wait));
      memory.add(server.memory());
    }
    return memory;
  }

  private static void report(
      List<LoadClient> clients, String metrics, List<ServerProcess.Memory> memory, int seconds) {
    List<String> wrong = clients.stream().flatMap(client -> client.wrong.stream()).toList();
    int compared = clients.stream().mapToInt(client -> client.compared).sum();
    // the first third fills the caches
    List<ServerProcess.Memory> steady = memory.subList(memory.size() / 3, memory.size());
    double minutes = seconds / 60.0 / memory.size();
    double heap = slope(steady.stream().map(ServerProcess.Memory::heap).toList()) / minutes;
    double resident = slope(steady.stream().map(ServerProcess.Memory::resident).toList()) / minutes;
    System.out.printf(
        Locale.ROOT,
        "%d clients, %d s: %d answers compared, %d wrong, %d cancelled, %d refused, %d too late%n",
        CLIENTS,
        seconds,
        compared,
        wrong.size(),
        clients.stream().mapToInt(client -> client.cancelled).sum(),
        clients.stream().mapToInt(client -> client.refused).sum(),
        clients.stream().mapToInt(client -> client.tooLate).sum());
    System.out.printf(
        Locale.ROOT,
        "p99: queue at most %s s, first text %.0f ms, between texts %.0f ms (medians %.0f, %.0f)%n",
        histogramP99(metrics, "llava_queue_time_seconds"),
        quantile(clients, client -> client.firstTexts, 0.99),
        quantile(clients, client -> client.betweenTexts, 0.99),
        quantile(clients, client -> client.firstTexts, 0.5),
        quantile(clients, client -> client.betweenTexts, 0.5));
    System.out.printf(
        Locale.ROOT,
        "heap %.0f MiB, %+.2f MiB per minute; resident %.0f MiB, %+.2f MiB per minute%n",
        steady.getLast().heap() / MEBIBYTE,
        heap / MEBIBYTE,
        steady.getLast().resident() / MEBIBYTE,
        resident / MEBIBYTE);
    System.out.println(
        "resident memory in MiB: "
            + memory.stream()
                .map(one -> String.format(Locale.ROOT, "%.0f", one.resident() / MEBIBYTE))
                .collect(Collectors.joining(" "))
            + "; KV cache "
            + (long) (ServerProcess.metric(metrics, "llava_kv_cache_bytes") / MEBIBYTE)
            + ", images "
            + (long) (ServerProcess.metric(metrics, "llava_image_cache_bytes") / MEBIBYTE));
    assertThat(wrong).isEmpty();
    assertThat(compared).isGreaterThan(CLIENTS);
    if (seconds >= 120) {
      assertThat(heap / MEBIBYTE).as("heap's slope").isLessThan(FLAT_HEAP);
      assertThat(resident / MEBIBYTE).as("resident memory's slope").isLessThan(FLAT_RESIDENT);
    }
  }

  /// Of the line through the points, per point.
  private static double slope(List<Double> values) {
    double middle = (values.size() - 1) / 2.0;
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    double above = 0;
    double below = 0;
    for (int i = 0; i < values.size(); i++) {
      above += (i - middle) * (values.get(i) - mean);
      below += (i - middle) * (i - middle);
    }
    return above / below;
  }

  private static double quantile(
      List<LoadClient> clients, Function<LoadClient, List<Double>> times, double share) {
    List<Double> all =
        clients.stream().flatMap(client -> times.apply(client).stream()).sorted().toList();
    return all.get((int) Math.ceil(share * all.size()) - 1);
  }

  /// The upper bound of the bucket.
  private static String histogramP99(String metrics, String name) {
    double count = ServerProcess.metric(metrics, name + "_count");
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + "_bucket"))
        .filter(
            line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) >= 0.99 * count)
        .findFirst()
        .map(line -> line.replaceAll(".*le=\"([^\"]+)\".*", "$1"))
        .orElseThrow();
  }
}
