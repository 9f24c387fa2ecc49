package llava4j.spring.boot;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import java.util.function.ToDoubleFunction;
import llava4j.Llava;
import llava4j.spring.ai.LlavaUsage;
import org.springframework.ai.chat.observation.ChatModelObservationContext;

/// Micrometer's meters of what Spring AI does not measure: the time to the first token, the time of
/// image encoding, image tokens, and what the caches spare. A model that is not loaded counts 0.
final class LlavaMetrics implements ObservationHandler<ChatModelObservationContext> {
  private final MeterRegistry registry;
  private final ModelInUse model;

  LlavaMetrics(ModelInUse model, MeterRegistry registry) {
    this.model = model;
    this.registry = registry;
    counter("llava.prompt.tokens", "Tokens of all prompts", Llava.Reuse::promptTokens);
    counter(
        "llava.prompt.tokens.cached",
        "Tokens of prompts that were found in the KV cache",
        Llava.Reuse::cachedTokens);
    counter("llava.images.cached", "Images whose embeddings were known", Llava.Reuse::imageHits);
    counter("llava.images.encoded", "Images that were encoded", Llava.Reuse::imageMisses);
    gauge("llava.cache.kv", "Native memory of keys and values", Llava.Reuse::cacheBytes);
    gauge("llava.cache.images", "Native memory of embeddings of images", Llava.Reuse::imageBytes);
  }

  private void counter(String name, String text, ToDoubleFunction<Llava.Reuse> value) {
    FunctionCounter.builder(name, model, one -> of(one, value))
        .description(text)
        .register(registry);
  }

  private void gauge(String name, String text, ToDoubleFunction<Llava.Reuse> value) {
    Gauge.builder(name, model, one -> of(one, value))
        .description(text)
        .baseUnit("bytes")
        .register(registry);
  }

  private static double of(ModelInUse model, ToDoubleFunction<Llava.Reuse> value) {
    return model.loaded().map(llava -> value.applyAsDouble(llava.reuse())).orElse(0.0);
  }

  @Override
  public void onStop(ChatModelObservationContext context) {
    if (context.getResponse() != null
        && context.getResponse().getMetadata().getUsage().getNativeUsage()
            instanceof LlavaUsage usage) {
      timer("llava.first.token", "From the prompt to the first text").record(usage.firstToken());
      if (usage.imageTokens() > 0) {
        timer("llava.image.encoding", "Vision tower and projector").record(usage.imageEncoding());
        registry.counter("llava.image.tokens").increment(usage.imageTokens());
      }
    }
  }

  private Timer timer(String name, String text) {
    return Timer.builder(name).description(text).register(registry);
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof ChatModelObservationContext;
  }
}
