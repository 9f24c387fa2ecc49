package llava4j.train.optim;

import static org.assertj.core.api.Assertions.assertThat;

import llava4j.golden.Golden;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The reference's learning rates, step by step.
class ScheduleGoldenTest {
  @Test
  void ratesEqualTheReference() {
    double worst = 0;
    for (JsonNode row : Golden.json("hyper/schedules.json")) {
      LearningRateSchedule schedule = LearningRateSchedule.parse(row.get("schedule").asString());
      long total = row.get("total_steps").asLong();
      long warmup = row.get("warmup_steps").asLong();
      if (row.hasNonNull("warmup_ratio")) {
        assertThat(LearningRateSchedule.warmupSteps(row.get("warmup_ratio").asDouble(), total))
            .isEqualTo(warmup);
      }
      double base = row.get("base_lr").asDouble();
      JsonNode rates = row.get("lr");
      JsonNode steps = row.path("steps");
      for (int i = 0; i < rates.size(); i++) {
        long step = steps.isArray() ? steps.get(i).asLong() : i;
        double expected = rates.get(i).asDouble();
        double found = base * schedule.factor(step, warmup, total);
        double scale = expected == 0 ? 1 : Math.abs(expected);
        worst = Math.max(worst, Math.abs(found - expected) / scale);
      }
    }
    Golden.check("learning rates, relative", worst, 1e-12);
  }
}
