package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RunningRequestsTest {
  /// A request may wait for another thread that asks, too: that one must hear a refusal, not wait
  /// for the end that waits for the first.
  @Test
  void whileTheEndWaitsNewRequestsAreRefusedAtOnce() throws Exception {
    RunningRequests running = new RunningRequests();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      RunningRequests.Request first = running.begin();
      Future<Boolean> end = threads.submit(running::end);
      while (!running.isEnding()) {
        Thread.onSpinWait();
      }
      Future<?> next = threads.submit(() -> running.begin().close());
      try {
        assertThatThrownBy(() -> next.get(20, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasMessageContaining("the model is closed");
      } finally {
        first.close();
      }
      assertThat(end.get(20, TimeUnit.SECONDS)).isTrue();
      assertThat(running.end()).isFalse();
    }
  }
}
