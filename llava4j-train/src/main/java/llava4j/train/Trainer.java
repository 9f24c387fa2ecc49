package llava4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import llava4j.checkpoint.weights.WeightsFingerprint;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.io.FolderLock;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.DType;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.batch.BadSamples;
import llava4j.train.batch.Batch;
import llava4j.train.batch.BatchPrefetcher;
import llava4j.train.batch.StepLayout;
import llava4j.train.config.ConfigFile;
import llava4j.train.config.TrainConfig;
import llava4j.train.export.TrainedExport;
import llava4j.train.export.TrainedWeights;
import llava4j.train.forecast.Forecast;
import llava4j.train.forecast.FreezeTable;
import llava4j.train.forecast.MeasuredMemory;
import llava4j.train.forecast.PeakFlops;
import llava4j.train.forecast.ResidentMemory;
import llava4j.train.shard.ParameterUnit;
import llava4j.train.shard.UnitLayout;
import llava4j.train.state.CheckpointStore;
import llava4j.train.state.RunState;
import llava4j.train.state.SavedRun;
import llava4j.train.vision.FeatureCache;

/// Runs a job from its first step, or from its last checkpoint, to the end.
public final class Trainer {
  private final TrainJob job;
  private final TrainConfig config;
  private final TrainingListener listener;
  private final BooleanSupplier stopAsked;
  private String baseFingerprint; // null until first used

  /// @param listener receives events, on the first process only
  /// @param stopAsked returns whether to write a checkpoint and stop; called once per step
  public Trainer(TrainJob job, TrainingListener listener, BooleanSupplier stopAsked) {
    this.job = job;
    this.config = job.config();
    this.listener = job.group().rank() == 0 ? listener : new TrainingListener() {};
    this.stopAsked = stopAsked;
  }

  /// How a run ended.
  ///
  /// @param finished false if the run stopped early on request
  /// @param steps optimiser steps done
  /// @param results files and folders that were exported at the end
  public record Result(boolean finished, long steps, List<Path> results) {}

  /// Runs all steps, writes checkpoints and exports the results.
  ///
  /// @throws BadInputException if another run uses the folder, the processes differ in settings,
  ///   data or base model, data or base model are not those of the checkpoint, or a loss, gradient
  ///   or weight is not finite
  public Result run() {
    try (FolderLock _ = job.group().rank() == 0 ? FolderLock.take(job.out()) : null;
        SampleFile samples = SampleFile.open(job.data());
        Tokenizer tokenizer = job.base().tokenizer().get()) {
      if (job.group().size() > 1) {
        job.group().requireSame(RunFacts.of(job, samples, baseFingerprint()));
      }
      StepLayout layout = RunBatches.layout(job, samples.size());
      long total = config.batching().steps(samples.size());
      CheckpointStore store =
          CheckpointStore.of(job.out(), job.group(), config.saving().keepLast());
      try (Assembly assembly = Assembly.of(job, total)) {
        long step = resume(store, assembly, samples);
        writeConfig();
        Forecast forecast = noteForecast(assembly, samples);
        if (step == total) {
          listener.onNote("all steps are already done; the results are exported again");
        } else {
          notifyStart(assembly, step, total);
        }
        if (step == 0) {
          deleteBadSampleLists();
          store.verify(save(store, assembly, samples, 0), assembly.units().trainable());
        }
        long saved = step;
        long first = step;
        long exchanged = job.group().exchangedBytes();
        boolean stop = false;
        try (BatchPrefetcher batches = new RunBatches(job, samples, layout, tokenizer).from(step)) {
          while (step < total && !stop) {
            stop = step(assembly, step, total, batches);
            step++;
            if (stop || step == total || step % config.saving().saveEvery() == 0) {
              requireFinite(assembly, step);
              save(store, assembly, samples, step);
              saved = step;
            }
          }
        } catch (NotFiniteException e) {
          throw e.withLastCheckpoint(store.newest().map(Path::toString).orElse("none"));
        }
        if (job.group().size() > 1 && step > first) {
          long bytes = (job.group().exchangedBytes() - exchanged) / (step - first);
          listener.onNote("each process exchanges " + MemoryPlan.gigabytes(bytes) + " a step");
        }
        boolean finished = saved == total;
        List<Path> results = finished ? export(store, assembly) : List.of();
        listener.onNote(
            "peak memory: "
                + MeasuredMemory.peak(job.device())
                + ", "
                + MemoryPlan.gigabytes(forecast.peakBytes())
                + " predicted");
        listener.onEnd(finished);
        return new Result(finished, step, results);
      }
    }
  }

  /// Runs two micro-batches forward and backward and writes nothing. Tells the listener whether the
  /// data can be used, how much memory a step needs and how long the whole run will take.
  public void dryRun() {
    try (DryRun dryRun = new DryRun(job)) {
      noteForecast(dryRun.assembly(), dryRun.samples());
      double secondsPerSample = 0;
      for (int i = 1; i <= 2; i++) {
        DryRun.Result result = dryRun.next();
        secondsPerSample = result.seconds() / result.samples();
        listener.onNote("batch " + i + ": " + result);
      }
      long total = dryRun.totalSteps();
      Duration whole =
          Duration.ofMillis(
              (long) (1000 * secondsPerSample * config.batching().globalBatch() * total));
      listener.onNote(
          String.format(
              Locale.ROOT,
              "the whole run: %d steps of %d samples, about %d:%02d:%02d h at this speed;"
                  + " peak memory so far: %s",
              total,
              config.batching().globalBatch(),
              whole.toHours(),
              whole.toMinutesPart(),
              whole.toSecondsPart(),
              MeasuredMemory.peak(job.device())));
    }
  }

  private Forecast noteForecast(Assembly assembly, SampleFile samples) {
    long steps = config.batching().steps(samples.size());
    config.optimization().warmUpWarning(steps).ifPresent(listener::onNote);
    FreezeTable.lines(config, job.base().config(), assembly.units(), assembly.quantized())
        .forEach(listener::onNote);
    listener.onNote("predicted memory of one process:");
    Forecast forecast = Forecast.of(config, job.base().config(), job.group().size(), job.device());
    forecast.lines().forEach(listener::onNote);
    if (job.featureCache().isPresent()) {
      DType type = config.execution().precision().type();
      listener.onNote(FeatureCache.forecast(job.base().config(), samples.modalityLengths(), type));
    }
    return forecast;
  }

  private boolean step(Assembly assembly, long step, long total, BatchPrefetcher batches) {
    long start = System.nanoTime();
    List<Batch> micro = batches.next();
    Learner.Outcome outcome = assembly.learner().step(step, micro, stopAsked.getAsBoolean());
    long views =
        micro.stream()
            .flatMap(batch -> batch.images().stream())
            .mapToLong(image -> image.pixels().views())
            .sum(); // of this process; the other processes have about as many views
    double flops =
        outcome.rows() * Forecast.flopsPerRow(job.base().config(), config)
            + views * job.group().size() * Forecast.flopsPerView(job.base().config(), config);
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

  private long resume(CheckpointStore store, Assembly assembly, SampleFile samples) {
    Optional<Path> newest = store.newest();
    if (newest.isEmpty()) {
      return 0;
    }
    try (SavedRun saved = SavedRun.open(newest.get())) {
      saved.requireIntact(job.group().rank(), job.group().size());
      new ResumeCheck(job, saved.state()).requireSame(samples.fingerprint(), baseFingerprint());
      assembly.units().trainable().forEach(saved::restore);
      listener.onNote("resuming from " + newest.get());
      return saved.state().step();
    }
  }

  /// A checkpoint with NaN or infinite weights must not replace a good one.
  private void requireFinite(Assembly assembly, long step) {
    if (!assembly.learner().hasFiniteWeights()) {
      throw new NotFiniteException("weights are NaN or infinite after step " + step);
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
            baseFingerprint());
    Path folder = store.save(units, state);
    listener.onCheckpoint(folder, step);
    return folder;
  }

  /// A hash over all weights of the base model; computed once per run.
  private String baseFingerprint() {
    if (baseFingerprint == null) {
      baseFingerprint = WeightsFingerprint.of(job.base().weights());
    }
    return baseFingerprint;
  }

  /// Deletes the lists of an earlier run in this folder that stopped before its first checkpoint.
  private void deleteBadSampleLists() {
    if (job.group().rank() == 0) {
      BadSamples.deleteLists(job.out());
    }
    job.group().barrier();
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

  private void notifyStart(Assembly assembly, long step, long total) {
    listener.onStart(
        new RunPlan(
            config.preset(),
            job.out(),
            step,
            total,
            config.batching().globalBatch(),
            assembly.units().trainable().stream().mapToLong(unit -> unit.layout().elements()).sum(),
            PeakFlops.measure(job.device(), config.execution().precision().type())
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
