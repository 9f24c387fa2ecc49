package llava4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.text.Tokenizer;
import llava4j.train.Assembly.Site;
import llava4j.train.batch.Batch;
import llava4j.train.batch.StepBatches;
import llava4j.train.batch.StepLayout;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.UnitLayout;
import llava4j.train.state.CheckpointStore;
import llava4j.train.state.RunState;
import llava4j.train.state.SavedRun;

/// Runs a job from its first step, or its last checkpoint, to its end.
public final class Trainer {
  private final TrainJob job;
  private final TrainConfig config;
  private final TrainingListener listener;
  private final BooleanSupplier stopAsked;

  /// @param listener heard on the first process
  /// @param stopAsked whether to write a checkpoint and stop; asked once a step
  public Trainer(TrainJob job, TrainingListener listener, BooleanSupplier stopAsked) {
    this.job = job;
    this.config = job.config();
    this.listener = job.group().rank() == 0 ? listener : new TrainingListener() {};
    this.stopAsked = stopAsked;
  }

  /// How a run ended.
  ///
  /// @param finished false if it was asked to stop
  /// @param results what was written at the end
  public record Result(boolean finished, long steps, List<Path> results) {}

  /// The whole run.
  public Result run() {
    try (SampleFile samples = SampleFile.open(job.data());
        Tokenizer tokenizer = job.base().tokenizer().get()) {
      StepLayout layout = layout(samples.size());
      long total = config.batching().steps(samples.size());
      CheckpointStore store =
          new CheckpointStore(
              job.out().resolve("checkpoints"), job.group(), config.saving().keepLast());
      try (Assembly assembly = assemble(total)) {
        long step = resume(store, assembly, samples);
        writeConfig();
        tell(assembly);
        announce(assembly, step, total);
        if (step == 0) {
          store.verify(save(store, assembly, samples, 0), assembly.units().trainable());
        }
        long saved = step;
        boolean stop = false;
        try (StepBatches batches = new BatchesOfRun(job, samples, layout, tokenizer).from(step)) {
          while (step < total && !stop) {
            stop = step(assembly, step, total, batches);
            step++;
            if (stop || step == total || step % config.saving().saveEvery() == 0) {
              save(store, assembly, samples, step);
              saved = step;
            }
          }
        }
        boolean finished = saved == total;
        List<Path> results = finished ? export(store, assembly) : List.of();
        listener.onNote(
            String.format(
                Locale.ROOT,
                "memory at its peak: %.2f GiB",
                ResidentMemory.peak() / (double) (1L << 30)));
        listener.onEnd(finished);
        return new Result(finished, step, results);
      }
    }
  }

  /// Two micro-batches forward and backward, nothing written: whether the data fit, what memory
  /// they take, and what the whole run will cost. Says it all to the listener.
  public void dryRun() {
    try (SampleFile samples = SampleFile.open(job.data());
        Tokenizer tokenizer = job.base().tokenizer().get()) {
      StepLayout layout = layout(samples.size());
      long total = config.batching().steps(samples.size());
      try (Assembly assembly = assemble(total);
          StepBatches batches = new BatchesOfRun(job, samples, layout, tokenizer).from(0)) {
        tell(assembly);
        long seconds = 0;
        int taken = 0;
        for (int i = 0; i < 2; i++) {
          List<Batch> first = batches.next().subList(0, 1);
          long start = System.nanoTime();
          Learner.Outcome outcome = assembly.learner().step(i, first, false);
          seconds = System.nanoTime() - start;
          taken = Math.toIntExact(outcome.samples());
          listener.onNote(
              String.format(
                  Locale.ROOT,
                  "batch %d: %d samples, %d rows, %d supervised, loss %.4f, %.2f s",
                  i + 1,
                  taken,
                  outcome.rows(),
                  outcome.supervised(),
                  outcome.loss(),
                  seconds / 1e9));
        }
        double hours = seconds / 1e9 / taken * config.batching().globalBatch() * total / 3600.0;
        listener.onNote(
            String.format(
                Locale.ROOT,
                "the whole run: %d steps of %d samples, about %.2f hours at this rate; memory so far %.2f GiB",
                total,
                config.batching().globalBatch(),
                hours,
                ResidentMemory.peak() / (double) (1L << 30)));
      }
    }
  }

  private void tell(Assembly assembly) {
    FreezeTable.lines(config, job.base().config(), assembly.units()).forEach(listener::onNote);
    listener.onNote("predicted memory of one process:");
    Forecast.of(config, job.base().config(), job.group().size(), assembly.units())
        .lines()
        .forEach(listener::onNote);
  }

  private boolean step(Assembly assembly, long step, long total, StepBatches batches) {
    long start = System.nanoTime();
    List<Batch> micro = batches.next();
    Learner.Outcome outcome = assembly.learner().step(step, micro, stopAsked.getAsBoolean());
    double flops = outcome.rows() * Forecast.flopsPerRow(job.base().config(), config.parts());
    listener.onStep(
        new StepReport(
            step + 1,
            total,
            outcome.loss(),
            outcome.gradNorm(),
            outcome.learningRate(),
            outcome.projectorLearningRate(),
            Math.toIntExact(outcome.samples()),
            outcome.rows(),
            outcome.supervised(),
            (System.nanoTime() - start) / 1e9,
            flops,
            ResidentMemory.now()));
    return outcome.stop();
  }

  private Assembly assemble(long total) {
    InitialWeights initial =
        new InitialWeights(
            job.base().config(), job.base().weights(), config.lora(), config.execution().seed());
    return new Assembly(
        config,
        job.base(),
        new Site(job.group(), job.device(), job.featureCache()),
        total,
        initial);
  }

  private StepLayout layout(long samples) {
    config.batching().accumulation(job.group().size()); // says what is wrong with the sizes
    return new StepLayout(
        samples,
        config.batching().globalBatch(),
        config.batching().deviceBatch(),
        job.group().size());
  }

  private long resume(CheckpointStore store, Assembly assembly, SampleFile samples) {
    Optional<Path> newest = store.newest();
    if (newest.isEmpty()) {
      return 0;
    }
    try (SavedRun saved = SavedRun.open(newest.get())) {
      saved.requireIntact(job.group().rank(), job.group().size());
      new ResumeCheck(job, saved.state()).requireSame(samples.fingerprint());
      assembly.units().trainable().forEach(saved::restore);
      listener.onNote("going on from " + newest.get());
      return saved.state().step();
    }
  }

  private Path save(CheckpointStore store, Assembly assembly, SampleFile samples, long step) {
    List<ParameterUnit> units = assembly.units().trainable();
    RunState state =
        new RunState(
            step,
            job.group().size(),
            units.stream()
                .map(ParameterUnit::layout)
                .map(layout -> new RunState.SavedUnit(layout.name(), layout.elements()))
                .toList(),
            new ConfigFile().write(config),
            samples.fingerprint(),
            samples.size(),
            Fingerprints.of(job.base().weights()));
    Path folder = store.save(units, state);
    listener.onCheckpoint(folder, step);
    return folder;
  }

  private List<Path> export(CheckpointStore store, Assembly assembly) {
    List<Path> results = List.of();
    if (job.group().rank() == 0) {
      List<UnitLayout> layouts =
          assembly.units().trainable().stream().map(ParameterUnit::layout).toList();
      try (SavedRun saved = SavedRun.open(store.newest().orElseThrow())) {
        TrainedWeights weights = new TrainedWeights(job.base().weights(), saved, layouts);
        results = new TrainedExport(config, job.base(), weights).write(job.out());
      }
    }
    job.group().barrier();
    return results;
  }

  private void announce(Assembly assembly, long step, long total) {
    listener.onStart(
        new RunPlan(
            config.preset(),
            job.out(),
            step,
            total,
            config.batching().globalBatch(),
            assembly.units().trainable().stream().mapToLong(unit -> unit.layout().elements()).sum(),
            PeakFlops.measure(job.device(), Assembly.computeType(config.execution().precision()))
                * job.group().size()));
  }

  private void writeConfig() {
    if (job.group().rank() != 0) {
      return;
    }
    try {
      Files.createDirectories(job.out());
      Files.writeString(job.out().resolve("train_config.json"), new ConfigFile().write(config));
    } catch (IOException e) {
      throw new BadInputException(job.out() + " cannot be written: " + e.getMessage(), e);
    }
  }
}
