package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.error.MemoryShortageException;
import org.junit.jupiter.api.Test;

/// Whether a model fits beside a heap that may still grow.
class ExecutorMemoryTest {
  private static final long GIB = 1L << 30;

  @Test
  void aModelThatFitsOnlyUntilTheHeapHasGrownIsRefused() {
    ExecutorMemory memory = new ExecutorMemory(15 * GIB, true, 3 * GIB);

    assertThatCode(() -> memory.requireFits(12 * GIB)).doesNotThrowAnyException();
    assertThatThrownBy(() -> memory.requireFits(14 * GIB))
        .isInstanceOf(MemoryShortageException.class)
        .hasMessageContainingAll(
            "needs 14.0 GiB",
            "grow by 3.0 GiB",
            "the container has 15.0 GiB left",
            "raise spark.executor.memoryOverhead by 2.0 GiB");
  }

  @Test
  void withoutALimitTheHeapMayOvercommit() {
    ExecutorMemory memory = new ExecutorMemory(15 * GIB, false, 3 * GIB);

    assertThatCode(() -> memory.requireFits(14 * GIB)).doesNotThrowAnyException();
  }
}
