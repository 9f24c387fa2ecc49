package llava4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParallelChunksTest {
  @ParameterizedTest
  @CsvSource({"1,0", "4,0", "1,7", "2,1", "2,1000", "3,2", "16,50"})
  void everyChunkIsDoneOnceByNoMoreWorkersThanAsked(int threads, int count) {
    AtomicIntegerArray done = new AtomicIntegerArray(Math.max(1, count));
    Set<Object> workers = ConcurrentHashMap.newKeySet();
    ParallelChunks.run(
        threads,
        count,
        () -> {
          workers.add(new Object());
          return chunk -> done.incrementAndGet((int) chunk);
        });
    for (int chunk = 0; chunk < count; chunk++) {
      assertThat(done.get(chunk)).as("chunk " + chunk).isEqualTo(1);
    }
    assertThat(workers).hasSizeBetween(count == 0 ? 0 : 1, Math.max(threads, 1));
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "5"})
  void whatAChunkThrowsReachesTheCaller(int threads) {
    assertThatThrownBy(() ->
            ParallelChunks.run(
                threads,
                20,
                () ->
                    chunk -> {
                      if (chunk == 11) {
                        throw new IllegalStateException("chunk 11");
                      }
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("chunk 11");
  }

  /// Callers free what workers read.
  @Test
  void nobodyIsAtWorkAnyMoreWhenItIsThrown() {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean done = new AtomicBoolean();
    Thread caller = Thread.currentThread();
    assertThatThrownBy(() ->
            ParallelChunks.run(
                2,
                2,
                () ->
                    chunk -> {
                      if (Thread.currentThread() == caller) {
                        await(begun);
                        throw new IllegalStateException("the caller's chunk");
                      }
                      begun.countDown();
                      sleep(300);
                      done.set(true);
                    }))
        .hasMessageContaining("the caller's chunk");
    assertThat(done).as("the other chunk has ended").isTrue();
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
