package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llava4j.tiny.train.EarlyStages;
import llava4j.train.config.ConfigFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// As `GradientTest`, with the objective of a vision tower that is made from nothing; in its
/// package, to use its comparison.
@Tag("slow")
class TowerGradientTest {
  @Test
  void ofTowerAndConnectorAgainstCaptionsAgreesWithFiniteDifferences() {
    try (TinyRun run =
        new TinyRun(
            new ConfigFile()
                .with(
                    EarlyStages.all().get("tinyTower").get(),
                    List.of(
                        "precision=FP64",
                        "maxLength=512",
                        "order=SEQUENTIAL",
                        "globalBatch=4",
                        "deviceBatch=4")),
            job -> EarlyStages.objective(job.config(), job.data(), job.base().tokenizer()))) {
      assertThat(GradientTest.check(run)).isGreaterThan(4 + GradientTest.towerBlocks(run) * 14);
    }
  }
}
