package llava4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
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

  /// Only one caller is helped, and a chunk may have chunks of its own.
  @Test
  void manyCallersAtOnceEachGetTheirOwnWorkDone() throws Exception {
    int callers = 6;
    int rounds = 2000;
    AtomicLong wrong = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int caller = 0; caller < callers; caller++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int round = 0; round < rounds; round++) {
                  AtomicLong sum = new AtomicLong();
                  ParallelChunks.run(
                      3,
                      9,
                      () ->
                          chunk -> {
                            if (chunk == 4) {
                              ParallelChunks.run(2, 3, () -> inner -> sum.addAndGet(inner));
                            }
                            sum.addAndGet(chunk);
                          });
                  if (sum.get() != 36 + 3) {
                    wrong.incrementAndGet();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).hasValue(0);
  }

  /// A worker that sleeps is woken by the next job.
  @Test
  void workersThatSleepAreWoken() {
    requireTwoThreads();
  }

  private static void requireTwoThreads() {
    for (int round = 0; round < 30; round++) {
      CountDownLatch both = new CountDownLatch(2);
      ParallelChunks.run(
          2,
          2,
          () ->
              _ -> {
                both.countDown();
                await(both); // one thread alone would wait for ever
              });
      sleep(2);
    }
  }

  @Test
  void anInterruptedCallerGetsItsWorkDoneAndStaysInterrupted() {
    AtomicInteger done = new AtomicInteger();
    Thread.currentThread().interrupt();
    ParallelChunks.run(2, 8, () -> _ -> spin(done));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(done).hasValue(8);
  }

  /// Virtual machines throw some errors as one object; the workers help again afterwards.
  @Test
  void oneExceptionThrownByTwoThreadsReachesTheCaller() {
    IllegalStateException shared = new IllegalStateException("of both");
    for (int round = 0; round < 20; round++) {
      CountDownLatch both = new CountDownLatch(2);
      assertThatThrownBy(() ->
              ParallelChunks.run(
                  2,
                  2,
                  () ->
                      _ -> {
                        both.countDown();
                        await(both);
                        throw shared;
                      }))
          .isSameAs(shared);
    }
    requireTwoThreads();
  }

  /// A long job that begins beside another one is helped as soon as that one ends.
  @Test
  void aJobThatFoundTheWorkersTakenIsHelpedLater() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Thread other =
        Thread.ofPlatform()
            .start(() ->
                ParallelChunks.run(
                    2,
                    1 + 1,
                    () ->
                        _ -> {
                          begun.countDown();
                          await(end);
                        }));
    await(begun);
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    ParallelChunks.run(
        2,
        50,
        () ->
            chunk -> {
              if (chunk == 3) {
                end.countDown();
              }
              seen.add(Thread.currentThread());
              sleep(5);
            });
    other.join();
    assertThat(seen).hasSize(2);
  }

  private static void spin(AtomicInteger done) {
    long end = System.nanoTime() + 2_000_000;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    done.incrementAndGet();
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
