package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import llava4j.error.BadInputException;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvPool;
import llava4j.tensor.Scope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests that share the steps of a model.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SchedulerTest {
  private static final int THREADS = 6;
  private static final int REQUESTS = 48;

  private GoldenModel golden;

  @BeforeAll
  void load() {
    golden = GoldenModel.openCommitted("original");
  }

  @AfterAll
  void close() {
    golden.close();
  }

  private record Asked(int[] ids, GenerationOptions options, int delay, boolean cancelled) {}

  /// Little memory, few rows at once, many threads: requests wait, join, share beginnings, are cut
  /// into pieces, are evicted and given up in an order that no run repeats. Each says what it says
  /// alone.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void inAnyOrderEachRequestGetsWhatItGetsAlone(long seed) throws Exception {
    Random random = new Random(seed);
    List<Asked> asked = IntStream.range(0, REQUESTS).mapToObj(_ -> asked(random)).toList();
    SchedulerLimits tight = new SchedulerLimits(60, 5, 100, 9 + random.nextInt(60), 3);
    List<Future<List<Generation>>> found = new ArrayList<>();
    List<List<Generation>> alone = new ArrayList<>();
    for (Asked one : asked) {
      try (Generator fresh = generator(SchedulerLimits.ofBlocks(200))) {
        alone.add(answers(fresh, one, new AtomicBoolean()));
      }
    }
    try (Generator shared = generator(tight);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (Asked one : asked) {
        found.add(threads.submit(() -> answers(shared, one, new AtomicBoolean(one.cancelled()))));
      }
      for (int i = 0; i < REQUESTS; i++) {
        List<Generation> answers = found.get(i).get(120, TimeUnit.SECONDS);
        for (int n = 0; n < answers.size(); n++) {
          String what = "request " + i + " " + asked.get(i).options();
          Generation answer = answers.get(n);
          if (asked.get(i).cancelled()) {
            assertThat(answer.finishReason()).as(what).isEqualTo(FinishReason.CANCELLED);
          } else {
            assertThat(answer.ids()).as(what).isEqualTo(alone.get(i).get(n).ids());
            assertThat(answer.text()).as(what).isEqualTo(alone.get(i).get(n).text());
          }
        }
      }
      assertThat(shared.reuse().foundRows()).as("beginnings are shared").isPositive();
      assertThat(shared.queued()).isZero();
    }
  }

  @Test
  void aPromptIsReadOnceForAllThatBeginWithIt() {
    try (Generator generator = generator(SchedulerLimits.ofBlocks(200));
        Scope _ = new Scope()) {
      List<Generator.Request> requests = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        int[] ids = beginning(4 * KvPool.BLOCK_ROWS);
        ids[ids.length - 1] = 40 + i;
        requests.add(new Generator.Request(prompt(ids), options(3)));
      }
      List<Finished> all = generator.generateAll(requests, (_, _, _) -> {}, () -> false);
      assertThat(all.getFirst().reusedRows()).isZero();
      for (Finished other : all.subList(1, 6)) {
        assertThat(other.reusedRows()).isGreaterThanOrEqualTo(3 * KvPool.BLOCK_ROWS);
      }
    }
  }

  @Test
  void oneTenantsQueueDoesNotKeepAnotherWaiting() throws Exception {
    SchedulerLimits oneAtATime = new SchedulerLimits(200, 1, 100, 100, 3);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    try (Generator generator = generator(oneAtATime);
        Scope _ = new Scope();
        ExecutorService threads = Executors.newCachedThreadPool()) {
      CountDownLatch blocked = new CountDownLatch(1);
      SplicedPrompt first = prompt(beginning(5));
      Future<?> holding =
          threads.submit(() ->
              generator.generate(
                  first, options(1000), TextListener.NONE, () -> blocked.getCount() == 0));
      // answers long enough that their first words come in the order of the turns
      List<Generator.Request> many = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        many.add(new Generator.Request(prompt(beginning(6 + i)), options(60), "many"));
      }
      List<Future<?>> asking = new ArrayList<>();
      for (Generator.Request request : many) {
        asking.add(threads.submit(() -> ask(generator, request, order)));
      }
      while (generator.queued() < 5) {
        Thread.onSpinWait();
      }
      Generator.Request single = new Generator.Request(prompt(beginning(7)), options(60), "single");
      asking.add(threads.submit(() -> ask(generator, single, order)));
      while (generator.queued() < 6) {
        Thread.onSpinWait();
      }
      blocked.countDown();
      holding.get(60, TimeUnit.SECONDS);
      for (Future<?> one : asking) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
    // the oldest of "many" is first; then "single" has waited longer for a turn
    assertThat(order).hasSize(6);
    assertThat(order.get(1)).isEqualTo("single7");
  }

  @Test
  void whatCanNeverFitIsRefusedBeforeAnyWork() {
    try (Generator generator = generator(SchedulerLimits.ofBlocks(3));
        Scope _ = new Scope()) {
      SplicedPrompt prompt = prompt(beginning(10));
      assertThatThrownBy(() ->
              generator.generate(
                  prompt, options(4).withNumAnswers(3), TextListener.NONE, () -> false))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("does not fit into the KV cache")
          .hasMessageContaining("3 sequence(s)");
      assertThat(
              generator
                  .generate(prompt, options(4), TextListener.NONE, () -> false)
                  .answers()
                  .getFirst()
                  .ids())
          .isNotEmpty();
    }
  }

  @Test
  void aListenerThatThrowsEndsItsOwnRequestOnly() throws Exception {
    try (Generator generator = generator(SchedulerLimits.ofBlocks(200));
        Scope _ = new Scope();
        ExecutorService threads = Executors.newCachedThreadPool()) {
      SplicedPrompt prompt = prompt(beginning(20));
      int[] expected =
          generator
              .generate(prompt, options(30), TextListener.NONE, () -> false)
              .answers()
              .getFirst()
              .ids();
      Future<Finished> other =
          threads.submit(
              () -> generator.generate(prompt, options(30), TextListener.NONE, () -> false));
      assertThatThrownBy(() ->
              generator.generate(
                  prompt,
                  options(30),
                  (_, _) -> {
                    throw new IllegalArgumentException("no more");
                  },
                  () -> false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no more");
      assertThat(other.get(60, TimeUnit.SECONDS).answers().getFirst().ids()).isEqualTo(expected);
      assertThatThrownBy(() ->
              generator.generate(
                  prompt,
                  options(30),
                  TextListener.NONE,
                  () -> {
                    throw new IllegalStateException("asked");
                  }))
          .hasMessage("asked");
    }
  }

  /// Whoever waits when the model is closed is told so.
  @Test
  void closingEndsWhatRuns() throws Exception {
    Generator generator = generator(SchedulerLimits.ofBlocks(200));
    try (Scope _ = new Scope();
        ExecutorService threads = Executors.newCachedThreadPool()) {
      SplicedPrompt prompt = prompt(beginning(20));
      CountDownLatch speaking = new CountDownLatch(1);
      Future<Finished> answer =
          threads.submit(() ->
              generator.generate(
                  prompt, options(1500), (_, _) -> speaking.countDown(), () -> false));
      assertThat(speaking.await(60, TimeUnit.SECONDS)).isTrue();
      generator.close();
      assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS)).hasMessageContaining("closed");
      assertThatThrownBy(
              () -> generator.generate(prompt, options(1), TextListener.NONE, () -> false))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
  }

  private static void ask(Generator generator, Generator.Request request, List<String> order) {
    generator.generateAll(
        List.of(request),
        (_, _, _) -> {
          if (!order.contains(request.tenant() + request.prompt().numRows())) {
            order.add(request.tenant() + request.prompt().numRows());
          }
        },
        () -> false);
  }

  private Asked asked(Random random) {
    int[] ids = beginning(2 + random.nextInt(150));
    int change = random.nextInt(ids.length);
    for (int i = Math.max(1, change); i < ids.length; i++) {
      ids[i] = 10 + random.nextInt(200);
    }
    GenerationOptions options = options(1 + random.nextInt(20));
    options =
        switch (random.nextInt(5)) {
          case 0 -> options.withDecoding(new Decoding.Sample(0.8, 20, 0.95, 0, random.nextInt(99)));
          case 1 ->
              options
                  .withDecoding(new Decoding.Sample(0.9, 5, 0.9, 0, random.nextInt(99)))
                  .withNumAnswers(1 + random.nextInt(3));
          case 2 -> options.withDecoding(new Decoding.Beam(1 + random.nextInt(4), 1));
          default -> options;
        };
    return new Asked(ids, options, random.nextInt(5), random.nextInt(8) == 0);
  }

  private List<Generation> answers(Generator generator, Asked asked, AtomicBoolean cancelled)
      throws InterruptedException {
    Thread.sleep(asked.delay());
    try (Scope _ = new Scope()) {
      return generator
          .generate(prompt(asked.ids()), asked.options(), TextListener.NONE, cancelled::get)
          .answers();
    }
  }

  private int[] beginning(int length) {
    int[] ids = new int[length];
    Arrays.setAll(ids, i -> 20 + i * 7 % 100);
    ids[0] = 1;
    return ids;
  }

  private SplicedPrompt prompt(int[] ids) {
    return golden.model().splicer().splice(ids, List.of());
  }

  private static GenerationOptions options(int tokens) {
    return GenerationOptions.greedy().withMaxNewTokens(tokens);
  }

  private Generator generator(SchedulerLimits limits) {
    return new Generator(golden.model(), golden.tokenizer(), Set.of(2), limits);
  }
}
