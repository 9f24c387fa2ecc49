package llava4j.server.engine;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.TextEmbedding;

/// What one model has done so far.
final class Metrics {
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
          "From the arrival of an answered request to the end of its answer.",
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

  void embedded(List<TextEmbedding> embeddings, long nanos) {
    whole.add(nanos);
    embeddings.forEach(embedding -> promptTokens.add(embedding.tokens()));
  }

  /// The mean duration of answered requests in seconds; 0 if there is none.
  double meanSeconds() {
    return whole.mean();
  }

  void writeTo(MetricsPage page, MetricsPage.Labels labels, Llava.Reuse reuse) {
    firstToken.writeTo(page, labels);
    betweenTokens.writeTo(page, labels);
    waiting.writeTo(page, labels);
    whole.writeTo(page, labels);
    page.counter(
        "llava_prompt_tokens", "Tokens of prompts and embedded texts.", labels, promptTokens.sum());
    page.counter(
        "llava_prompt_tokens_cached", "Those found in the KV cache.", labels, cachedTokens.sum());
    page.counter("llava_image_tokens", "Those of images.", labels, imageTokens.sum());
    page.counter("llava_generation_tokens", "Tokens of answers.", labels, answerTokens.sum());
    page.counter(
        "llava_requests_cancelled", "Requests that were given up.", labels, cancelled.sum());
    page.counter("llava_image_cache_hits", "Images that were known.", labels, reuse.imageHits());
    page.counter(
        "llava_image_cache_misses", "Images that were encoded.", labels, reuse.imageMisses());
    page.gauge("llava_image_cache_bytes", "Memory of known images.", labels, reuse.imageBytes());
    page.gauge("llava_kv_cache_bytes", "Memory of keys and values.", labels, reuse.cacheBytes());
  }
}
