package llava4j.train;

import java.util.List;
import java.util.Locale;
import llava4j.data.SampleFile;
import llava4j.io.CloseAll;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.batch.Batch;
import llava4j.train.batch.BatchPrefetcher;
import llava4j.train.shard.ParameterUnit;

/// Runs the first micro-batch of each step and writes nothing, for dry runs and measurements.
public final class DryRun implements AutoCloseable {
  private final Input input;
  private final Assembly assembly;
  private final long totalSteps;
  private long step;

  /// The result of one micro-batch: forward, backward and update.
  ///
  /// @param rows positions of the language model (text and image tokens), padding excluded
  /// @param supervised tokens that contribute to the loss
  /// @param loss mean cross-entropy over the supervised tokens
  /// @param waited seconds spent waiting for the batch
  /// @param seconds duration of the step itself
  public record Result(
      long samples, long rows, long supervised, double loss, double waited, double seconds) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d samples, %d tokens, %d supervised, loss %.4f, %.2f s, waited %.2f s for the input",
          samples,
          rows,
          supervised,
          loss,
          seconds,
          waited);
    }
  }

  /// Only the input pipeline of a run, for measurements.
  public static final class Input implements AutoCloseable {
    private final SampleFile samples;
    private final Tokenizer tokenizer;
    private final BatchPrefetcher batches;

    public Input(TrainJob job) {
      this.samples = SampleFile.open(job.data());
      this.tokenizer = job.base().tokenizer().get();
      this.batches =
          new RunBatches(job, samples, RunBatches.layout(job, samples.size()), tokenizer)
              .forDryRun();
    }

    /// The next step's first micro-batch.
    public Batch next() {
      return batches.next().getFirst();
    }

    @Override
    public void close() {
      CloseAll.of(batches, tokenizer, samples);
    }
  }

  /// Opens the data and brings the weights in place; `job.out()` is not touched.
  public DryRun(TrainJob job) {
    this.input = new Input(job);
    job.group().requireSame(RunFacts.of(job, input.samples));
    this.totalSteps = job.config().batching().steps(input.samples.size());
    this.assembly = Assembly.of(job, totalSteps);
  }

  /// The next step's first micro-batch.
  public Result next() {
    long start = System.nanoTime();
    List<Batch> first = List.of(input.next());
    long loaded = System.nanoTime();
    Learner.Outcome outcome = assembly.learner().step(step++, first, false);
    long end = System.nanoTime();
    return new Result(
        outcome.samples(),
        outcome.rows(),
        outcome.supervised(),
        outcome.loss(),
        (loaded - start) / 1e9,
        (end - loaded) / 1e9);
  }

  /// Bytes of parameters, gradients and optimiser state that this process has between steps.
  public long residentBytes() {
    return assembly.units().all().stream().mapToLong(ParameterUnit::residentBytes).sum();
  }

  Assembly assembly() {
    return assembly;
  }

  SampleFile samples() {
    return input.samples;
  }

  /// Steps that the run would have.
  long totalSteps() {
    return totalSteps;
  }

  @Override
  public void close() {
    CloseAll.of(input, assembly);
  }
}
