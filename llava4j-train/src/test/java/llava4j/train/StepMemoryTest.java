package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import llava4j.train.batch.Batch;
import org.junit.jupiter.api.Test;

/// A thousand steps leave no native memory behind.
class StepMemoryTest {
  private static final int WARM = 200;
  private static final int STEPS = 1000;
  private static final long ALLOWED = 24L << 20; // of noise; a leaked row of logits a step is more

  @Test
  void thousandStepsKeepMemoryFlat() {
    try (TinyRun run = new TinyRun("tinyLora", "maxLength=256", "globalBatch=1", "deviceBatch=1");
        Assembly assembly = run.assemble()) {
      List<Batch> batch = run.firstStep();
      for (int step = 0; step < WARM; step++) {
        assembly.learner().step(step, batch, false);
      }
      System.gc();
      long before = ResidentMemory.now();
      for (int step = WARM; step < STEPS; step++) {
        assembly.learner().step(step, batch, false);
      }
      System.gc();
      long growth = ResidentMemory.now() - before;
      System.out.printf("resident memory grew by %d KiB in %d steps%n", growth >> 10, STEPS - WARM);
      assertThat(growth).isLessThan(ALLOWED);
    }
  }
}
