package llava4j.train;

import java.util.List;
import java.util.Locale;
import llava4j.data.SampleFile;
import llava4j.io.CloseAll;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.batch.Batch;
import llava4j.train.batch.BatchPrefetcher;
import llava4j.train.shard.ParameterUnit;

/// A run that writes nothing: its steps, one micro-batch each, for dry runs and measurements.
public final class Rehearsal implements AutoCloseable {
  private final Input input;
  private final Assembly assembly;
  private final long totalSteps;
  private long step;

  /// One micro-batch, forward, backward and update.
  ///
  /// @param rows of the language model, padding left out
  /// @param supervised tokens that contribute loss
  /// @param loss the mean over them
  /// @param waited seconds until the batch was there
  /// @param seconds that the step itself took
  public record Result(
      long samples, long rows, long supervised, double loss, double waited, double seconds) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d samples, %d rows, %d supervised, loss %.4f, %.2f s and %.2f s for its input",
          samples,
          rows,
          supervised,
          loss,
          seconds,
          waited);
    }
  }

  /// The input of a run alone, for measurements.
  public static final class Input implements AutoCloseable {
    private final SampleFile samples;
    private final Tokenizer tokenizer;
    private final BatchPrefetcher batches;

    public Input(TrainJob job) {
      this.samples = SampleFile.open(job.data());
      this.tokenizer = job.base().tokenizer().get();
      this.batches =
          new RunBatches(job, samples, RunBatches.layout(job, samples.size()), tokenizer)
              .rehearsed();
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
  public Rehearsal(TrainJob job) {
    this.input = new Input(job);
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
