package llava4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicIntegerArray;
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
}
