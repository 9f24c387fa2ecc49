package llava4j.spring.boot;

import llava4j.Llava;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/// Up while the model is loaded, or waits for its first prompt; down after it could not be loaded.
/// Asking loads nothing.
final class LlavaHealthIndicator extends AbstractHealthIndicator {
  private final String model;
  private final ModelInUse inUse;

  LlavaHealthIndicator(String model, ModelInUse inUse) {
    super("the health of the model is unknown");
    this.model = model;
    this.inUse = inUse;
  }

  @Override
  protected void doHealthCheck(Health.Builder builder) {
    inUse
        .failure()
        .ifPresentOrElse(problem -> builder.down().withDetail("problem", problem), builder::up);
    builder
        .withDetail(
            "model",
            inUse.loaded().map(Llava::name).orElse(model == null ? "the application's own" : model))
        .withDetail("loaded", inUse.loaded().isPresent());
  }
}
