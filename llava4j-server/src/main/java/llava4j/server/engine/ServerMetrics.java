package llava4j.server.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/// What the whole server has done, whichever model was asked.
public final class ServerMetrics {
  private final Models models;
  private final Map<String, LongAdder> responses = new ConcurrentSkipListMap<>(); // by labels

  public ServerMetrics(Models models) {
    this.models = models;
  }

  /// An HTTP response was sent.
  ///
  /// @param key the name of the client's API key; empty for none
  public void responded(int status, String key) {
    MetricsPage.Labels labels =
        MetricsPage.Labels.of("status", String.valueOf(status)).and("key", key);
    responses.computeIfAbsent(labels.text(), _ -> new LongAdder()).increment();
  }

  /// All measurements in Prometheus' text format.
  public String text() {
    MetricsPage page = new MetricsPage();
    models.all().forEach(engine -> engine.writeTo(page));
    responses.forEach((labels, count) ->
        page.counter(
            "llava_http_responses",
            "Responses by status.",
            new MetricsPage.Labels(labels),
            count.sum()));
    MetricsPage.Labels none = MetricsPage.Labels.NONE;
    Runtime java = Runtime.getRuntime();
    page.gauge(
        "llava_heap_used_bytes", "Java's heap.", none, java.totalMemory() - java.freeMemory());
    page.gauge("llava_heap_max_bytes", "The most that the heap may take.", none, java.maxMemory());
    long resident = residentBytes();
    if (resident > 0) {
      page.gauge("process_resident_memory_bytes", "Memory of the process.", none, resident);
    }
    return page.text();
  }

  /// The resident memory as Linux says it; 0 elsewhere.
  private static long residentBytes() {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    try {
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException _) {
      return 0; // the other numbers are still worth having
    }
  }
}
