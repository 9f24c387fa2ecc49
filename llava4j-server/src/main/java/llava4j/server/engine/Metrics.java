package llava4j.server.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import llava4j.ChatResponse;
import llava4j.Llava;

/// What the server has done so far, in Prometheus' text format.
public final class Metrics {
  private final Histogram firstToken =
      new Histogram(
          "llava_time_to_first_token_seconds",
          "From the arrival of a request to its first text.",
          0.01,
          0.025,
          0.05,
          0.1,
          0.25,
          0.5,
          1,
          2.5,
          5,
          10,
          30,
          60);
  private final Histogram betweenTokens =
      new Histogram(
          "llava_inter_token_latency_seconds",
          "Between two pieces of text of an answer.",
          0.001,
          0.0025,
          0.005,
          0.01,
          0.025,
          0.05,
          0.1,
          0.25,
          0.5,
          1,
          2.5);
  private final Histogram waiting =
      new Histogram(
          "llava_queue_time_seconds",
          "From the arrival of a request until the model begins with it.",
          0.001,
          0.01,
          0.1,
          0.5,
          1,
          2.5,
          5,
          10,
          30,
          60);
  private final Histogram whole =
      new Histogram(
          "llava_request_duration_seconds",
          "From the arrival of an answered request to its last token.",
          0.05,
          0.1,
          0.25,
          0.5,
          1,
          2.5,
          5,
          10,
          30,
          60,
          120);
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder cachedTokens = new LongAdder();
  private final LongAdder imageTokens = new LongAdder();
  private final LongAdder answerTokens = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final Map<Integer, LongAdder> statuses = new ConcurrentSkipListMap<>();

  /// An HTTP response was sent.
  public void responded(int status) {
    statuses.computeIfAbsent(status, _ -> new LongAdder()).increment();
  }

  void begun(long waitedNanos) {
    waiting.add(waitedNanos);
  }

  void firstText(long nanos) {
    firstToken.add(nanos);
  }

  void nextText(long nanos) {
    betweenTokens.add(nanos);
  }

  void gaveUp() {
    cancelled.increment();
  }

  void answered(ChatResponse response, long nanos) {
    whole.add(nanos);
    promptTokens.add(response.promptTokens());
    cachedTokens.add(response.cachedTokens());
    imageTokens.add(response.imageTokens());
    answerTokens.add(response.answerTokens());
  }

  /// The mean duration of answered requests in seconds; 0 if there is none.
  double meanSeconds() {
    return whole.mean();
  }

  /// @param running requests that the model works on
  /// @param queued requests that wait
  String text(Llava llava, int running, int queued, boolean ready) {
    StringBuilder out = new StringBuilder();
    gauge(out, "llava_ready", "1 if requests are answered.", ready ? 1 : 0);
    gauge(out, "llava_requests_running", "Requests that the model works on.", running);
    gauge(out, "llava_requests_waiting", "Requests in the queue.", queued);
    firstToken.write(out);
    betweenTokens.write(out);
    waiting.write(out);
    whole.write(out);
    counter(out, "llava_prompt_tokens", "Tokens of prompts.", promptTokens.sum());
    counter(out, "llava_prompt_tokens_cached", "Those found in the KV cache.", cachedTokens.sum());
    counter(out, "llava_image_tokens", "Those of images.", imageTokens.sum());
    counter(out, "llava_generation_tokens", "Tokens of answers.", answerTokens.sum());
    counter(out, "llava_requests_cancelled", "Requests that were given up.", cancelled.sum());
    Llava.Reuse reuse = llava.reuse();
    counter(out, "llava_image_cache_hits", "Images that were known.", reuse.imageHits());
    counter(out, "llava_image_cache_misses", "Images that were encoded.", reuse.imageMisses());
    gauge(out, "llava_image_cache_bytes", "Memory of known images.", reuse.imageBytes());
    gauge(out, "llava_kv_cache_bytes", "Memory of keys and values.", reuse.cacheBytes());
    Runtime java = Runtime.getRuntime();
    gauge(out, "llava_heap_used_bytes", "Java's heap.", java.totalMemory() - java.freeMemory());
    gauge(out, "llava_heap_max_bytes", "The most that the heap may take.", java.maxMemory());
    long resident = residentBytes();
    if (resident > 0) {
      gauge(out, "process_resident_memory_bytes", "Memory of the process.", resident);
    }
    out.append("# HELP llava_http_responses_total Responses by status.\n");
    out.append("# TYPE llava_http_responses_total counter\n");
    statuses.forEach((status, count) ->
        out.append("llava_http_responses_total{status=\"" + status + "\"} " + count.sum() + "\n"));
    return out.toString();
  }

  private static void counter(StringBuilder out, String name, String help, long value) {
    value(out, name + "_total", help, "counter", value);
  }

  private static void gauge(StringBuilder out, String name, String help, long value) {
    value(out, name, help, "gauge", value);
  }

  private static void value(StringBuilder out, String name, String help, String type, long value) {
    out.append("# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n");
    out.append(name + " " + value + "\n");
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
