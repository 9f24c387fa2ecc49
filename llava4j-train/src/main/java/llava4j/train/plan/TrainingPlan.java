package llava4j.train.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import llava4j.config.LlavaConfig;
import llava4j.model.load.MemoryPlan;
import llava4j.model.plan.Cluster;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.forecast.BatchShape;
import llava4j.train.forecast.Forecast;
import llava4j.train.plan.Work.Collective;
import llava4j.train.plan.Work.Transfer;

/// Memory, time and cost of a training run on GPUs that are not at hand.
///
/// @param config settings of the run
/// @param model shapes of the model
/// @param cluster where it would run
/// @param data what it would be trained on
/// @param batch the mean micro-batch
/// @param memory of one process, for the largest possible micro-batch
/// @param step all operations of a step
/// @param time of a step
public record TrainingPlan(
    TrainConfig config,
    LlavaConfig model,
    Cluster cluster,
    TrainingData data,
    BatchShape batch,
    Forecast memory,
    StepWork step,
    StepTime time) {
  private static final double SECONDS_PER_HOUR = 3600;
  private static final double GIGA = 1e9;
  private static final double TERA = 1e12;
  private static final double PERCENT = 100;

  /// Makes the plan.
  ///
  /// @throws llava4j.error.BadInputException if the batch sizes do not fit the number of GPUs, or
  ///   there are no figures for the element type
  public static TrainingPlan of(
      TrainConfig config, LlavaConfig model, Cluster cluster, TrainingData data) {
    config.requireFits(cluster.size());
    Device device = new Device.Cuda(0);
    BatchShape batch = data.batch(config, model);
    StepWork step = StepWork.of(config, model, cluster.size(), device, batch);
    return new TrainingPlan(
        config,
        model,
        cluster,
        data,
        batch,
        Forecast.of(config, model, cluster.size(), device),
        step,
        StepTime.of(step, new ClusterMachine(cluster, config.execution().precision().type())));
  }

  /// Whether the largest possible micro-batch fits into the memory of a GPU.
  public boolean fits() {
    return memory.peakBytes() <= cluster.accelerator().memoryBytes();
  }

  /// Optimiser steps of the run.
  public long steps() {
    return config.batching().steps(data.samples());
  }

  /// Hours of the run, without loading, checkpoints and waiting for input.
  public double hours() {
    return steps() * time.seconds() / SECONDS_PER_HOUR;
  }

  /// Hours of all GPUs together.
  public double deviceHours() {
    return hours() * cluster.size();
  }

  /// Samples in a second.
  public double samplesPerSecond() {
    return config.batching().globalBatch() / time.seconds();
  }

  /// Model FLOP/s utilisation of the dense peak, from 0 to 1, counted as in the progress line of a
  /// run: without what is computed twice, and without padding.
  public double utilisation() {
    double useful =
        step.accumulation()
            * (batch.realRows() * Forecast.flopsPerRow(model, config)
                + batch.views() * Forecast.flopsPerView(model, config));
    return useful / time.seconds() / peak();
  }

  private double peak() {
    return cluster.accelerator().peakFlops(config.execution().precision().type());
  }

  /// Bytes that one GPU sends in a step, by kind.
  public Map<Collective, Double> sentBytes() {
    Map<Collective, Double> sent = new TreeMap<>();
    for (Work work : step.work()) {
      if (work instanceof Transfer transfer) {
        double bytes =
            transfer.bytes() * transfer.times() * transfer.kind().sentShare(cluster.size());
        sent.merge(transfer.kind(), bytes, Double::sum);
      }
    }
    return sent;
  }

  /// The plan of a preset as it is, one line each, for the user.
  ///
  /// @param price of an hour of one GPU, in any currency; empty if it is not known
  public List<String> lines(OptionalDouble price) {
    return lines(price, List.of());
  }

  /// The plan, one line each, for the user.
  ///
  /// @param price of an hour of one GPU, in any currency; empty if it is not known
  /// @param overrides the settings that replace those of the preset, `key=value`, for the commands
  ///   of the plan's advice
  public List<String> lines(OptionalDouble price, List<String> overrides) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "plan for %s on %s, from data sheets (docs/scaling.md); nothing was run",
            config.preset(),
            cluster));
    lines.add(
        String.format(
            Locale.ROOT,
            "data: %s, %,d samples; %d tokens each with image and padding%s",
            data.origin(),
            data.samples(),
            batch.tokens(),
            data.assumption(config).map(text -> "; " + text).orElse("")));
    lines.add("memory of one GPU, if every sample has maxLength tokens:");
    memory.lines().forEach(line -> lines.add("  " + line));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %s: %s of %s",
            fits() ? "fits" : "does not fit",
            MemoryPlan.gigabytes(memory.peakBytes()),
            MemoryPlan.gigabytes(cluster.accelerator().memoryBytes())));
    if (!fits()) {
      lines.add(Remedies.sentence(this, overrides));
    }
    addStep(lines);
    addRun(lines, price);
    return lines;
  }

  private void addStep(List<String> lines) {
    lines.add(
        String.format(
            Locale.ROOT,
            "a step of %d samples (%d per GPU, %d micro-batch(es)): %.2f s",
            config.batching().globalBatch(),
            config.batching().globalBatch() / cluster.size(),
            step.accumulation(),
            time.seconds()));
    lines.add(
        String.format(
            Locale.ROOT,
            "  products %.2f s, attention %.2f s, other operators %.2f s, starting operators %.2f s",
            time.products(),
            time.attention(),
            time.passes(),
            time.launches()));
    StringBuilder sent = new StringBuilder();
    sentBytes()
        .forEach((kind, bytes) ->
            sent.append(
                String.format(
                    Locale.ROOT, "%s%s %.1f GB", sent.isEmpty() ? "" : ", ", kind, bytes / GIGA)));
    lines.add(
        sent.isEmpty()
            ? "  nothing is sent: there is one GPU"
            : String.format(
                Locale.ROOT,
                "  each GPU sends %s: %.2f s, of which %.2f s beside computation",
                sent,
                time.transfers(),
                time.hidden()));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %.0f TFLOP per GPU; MFU %.0f %% of the dense %.0f TFLOP/s",
            step.flops() / TERA,
            PERCENT * utilisation(),
            peak() / TERA));
  }

  private void addRun(List<String> lines, OptionalDouble price) {
    String cost =
        price.isPresent()
            ? String.format(
                Locale.ROOT,
                ", %.0f at %s for an hour of one GPU",
                deviceHours() * price.getAsDouble(),
                price.getAsDouble())
            : "; --price says what they cost";
    lines.add(
        String.format(
            Locale.ROOT,
            "the whole run: %,d steps, %.1f h, %.1f samples/s, %.0f GPU hours%s",
            steps(),
            hours(),
            samplesPerSecond(),
            deviceHours(),
            cost));
  }
}
