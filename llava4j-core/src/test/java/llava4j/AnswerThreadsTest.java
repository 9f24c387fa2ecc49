package llava4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AnswerThreadsTest {

  @Test
  void sixteenRunAtATimeAndTheOthersWait() throws InterruptedException {
    CountDownLatch sixteen = new CountDownLatch(16);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger done = new AtomicInteger();
    Set<String> names = ConcurrentHashMap.newKeySet();
    AnswerThreads threads = new AnswerThreads("test");
    for (int i = 0; i < 20; i++) {
      threads.execute(() -> {
        names.add(Thread.currentThread().getName());
        sixteen.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        done.incrementAndGet();
      });
    }
    sixteen.await();
    assertThat(done).hasValue(0);
    goOn.countDown();
    threads.close();

    assertThat(done).hasValue(20);
    assertThat(names).hasSize(16).allMatch(name -> name.startsWith("test-"));
    assertThatThrownBy(() -> threads.execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
  }
}
