package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import llava4j.constraint.Constraint;
import llava4j.error.BadInputException;
import llava4j.golden.GoldenModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvPool;
import llava4j.tensor.Scope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Answers whose form is compiled while their prompt is read.
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FormBesidePromptTest {
  private static final int PROMPT = 3 * KvPool.BLOCK_ROWS + 2;

  private GoldenModel golden;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CompletableFuture<Constraint> form = new CompletableFuture<>();

  @BeforeAll
  void load() {
    golden = GoldenModel.openCommitted("original");
  }

  @AfterAll
  void close() {
    threads.shutdownNow();
    golden.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"greedy", "two samples", "beams"})
  void thePromptIsReadAndOthersGoOnMeanwhile(String name) throws Exception {
    CompletableFuture<Constraint> compiled = new CompletableFuture<>();
    GenerationOptions plain =
        switch (name) {
          case "greedy" -> options(200);
          case "beams" -> options(200).withDecoding(new Decoding.Beam(2, 1));
          default ->
              options(200).withDecoding(new Decoding.Sample(1, 0, 1, 0, 4)).withNumAnswers(2);
        };
    GenerationOptions formed = plain.withConstraint(new RequiredForm.Compiling(compiled));
    try (Generator generator = generator(SchedulerLimits.ofBlocks(200));
        Scope _ = new Scope()) {
      SplicedPrompt prompt = prompt(20, PROMPT);
      Future<Finished> waiting = ask(generator, prompt, formed, () -> false);
      awaitRead(generator, prompt);
      long passes = generator.passes();
      SplicedPrompt another = prompt(21, 10);
      assertThat(ask(generator, another, options(5), () -> false).get().answers()).hasSize(1);
      assertThat(generator.passes()).as("steps are those of the other one").isLessThan(passes + 7);
      assertThat(waiting.isDone()).isFalse();
      compiled.complete(Constraint.regex("[A-D]{3}"));
      for (Generation answer : waiting.get().answers()) {
        assertThat(answer.text()).matches("[A-D]{3}");
        assertThat(answer.finishReason()).isEqualTo(FinishReason.END);
      }
      Finished atOnce =
          ask(generator, prompt, plain.withConstraint(compiled.join()), () -> false).get();
      assertThat(waiting.get().answers().getFirst().text())
          .isEqualTo(atOnce.answers().getFirst().text());
    }
  }

  /// The room of a request that holds all of it.
  @Test
  void aFormThatCannotBeHadFreesTheRoomAtOnce() throws Exception {
    SchedulerLimits one = new SchedulerLimits(20, 1, 100, 100, 0);
    try (Generator generator = generator(one);
        Scope _ = new Scope()) {
      GenerationOptions formed =
          options(10 * KvPool.BLOCK_ROWS).withConstraint(new RequiredForm.Compiling(form));
      SplicedPrompt prompt = prompt(22, PROMPT);
      Future<Finished> waiting = ask(generator, prompt, formed, () -> false);
      awaitRead(generator, prompt);
      SplicedPrompt large = prompt(23, 16 * KvPool.BLOCK_ROWS);
      Future<Finished> next = ask(generator, large, options(3), () -> false);
      while (generator.queued() < 1) {
        Thread.onSpinWait();
      }
      BadInputException why = new BadInputException("this form is none");
      form.completeExceptionally(why);
      assertThatThrownBy(waiting::get).cause().isSameAs(why);
      assertThat(next.get().answers().getFirst().ids()).isNotEmpty();
      // and once more, in the queue, behind one that goes on
      CountDownLatch speaking = new CountDownLatch(1);
      AtomicBoolean enough = new AtomicBoolean();
      SplicedPrompt holding = prompt(24, 5);
      Future<Finished> running =
          threads.submit(() ->
              generator.generate(
                  holding, options(150), (_, _) -> speaking.countDown(), enough::get));
      speaking.await();
      assertThatThrownBy(ask(generator, prompt, formed, () -> false)::get).cause().isSameAs(why);
      enough.set(true);
      running.get();
      assertThat(generator.queued()).isZero();
    }
  }

  @Test
  void aCallerMayGiveUpMeanwhile() throws Exception {
    AtomicBoolean givenUp = new AtomicBoolean();
    GenerationOptions formed =
        options(5).withConstraint(new RequiredForm.Compiling(new CompletableFuture<>()));
    try (Generator generator = generator(SchedulerLimits.ofBlocks(100));
        Scope _ = new Scope()) {
      SplicedPrompt prompt = prompt(25, PROMPT);
      Future<Finished> waiting = ask(generator, prompt, formed, givenUp::get);
      awaitRead(generator, prompt);
      givenUp.set(true);
      Generation answer = waiting.get(30, TimeUnit.SECONDS).answers().getFirst();
      assertThat(answer.finishReason()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  private Future<Finished> ask(
      Generator generator,
      SplicedPrompt prompt,
      GenerationOptions options,
      BooleanSupplier cancelled) {
    return threads.submit(() -> generator.generate(prompt, options, TextListener.NONE, cancelled));
  }

  // what is read can be found by the next request
  private static void awaitRead(Generator generator, SplicedPrompt prompt) {
    Generator.Request same = new Generator.Request(prompt, options(1));
    while (generator.knownRows(same) < PROMPT / KvPool.BLOCK_ROWS * KvPool.BLOCK_ROWS) {
      Thread.onSpinWait();
    }
  }

  private SplicedPrompt prompt(int first, int length) {
    int[] ids = new int[length];
    Arrays.setAll(ids, i -> 20 + (first + i) * 7 % 100);
    ids[0] = 1;
    return golden.model().splicer().splice(ids, List.of());
  }

  private static GenerationOptions options(int tokens) {
    return GenerationOptions.greedy().withMaxNewTokens(tokens);
  }

  private Generator generator(SchedulerLimits limits) {
    return new Generator(golden.model(), golden.tokenizer(), Set.of(2), limits);
  }
}
