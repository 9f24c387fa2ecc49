package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.Locale;
import llava4j.train.DryRun;

/// Samples per second that the input pipeline reads from JPEG files, compared with those that
/// training consumes.
final class TrainInputBenchmark implements Benchmark {
  private static final double BAR = 2;

  @Override
  public String name() {
    return "train-input";
  }

  @Override
  public String description() {
    return "samples with images of 640x480 that are prepared, compared with those that training consumes (2x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    try (TrainingWorkload workload = new TrainingWorkload()) {
      double consumed;
      double waited = 0;
      double seconds = 0;
      try (DryRun dryRun = new DryRun(workload.job())) {
        dryRun.next();
        dryRun.next();
        for (int i = 0; i < repeats; i++) {
          DryRun.Result result = dryRun.next();
          waited += result.waited();
          seconds += result.seconds();
        }
        consumed = repeats * TrainingWorkload.SAMPLES_AT_ONCE / seconds;
      }
      double[] rates = new double[repeats];
      try (DryRun.Input input = new DryRun.Input(workload.job("prefetch=8"))) {
        for (int round = -1; round < repeats; round++) { // one to warm up
          long start = System.nanoTime();
          int samples = 0;
          while (samples < TrainingWorkload.IMAGES) {
            samples += input.next().samples().size();
          }
          if (round >= 0) {
            rates[round] = samples / ((System.nanoTime() - start) / 1e9);
          }
        }
        long pixels = input.next().images().getFirst().pixels().data().length;
        Benchmark.check(pixels == 3L * 224 * 224, "an image arrives as 3 x 224 x 224 numbers", out);
      }
      double brought = new Timing(rates).median();
      out.printf(
          Locale.ROOT,
          "  prepared %.1f samples/s, consumed %.2f samples/s, waited %.2f %% of the time%n",
          brought,
          consumed,
          100 * waited / (waited + seconds));
      Report report = new Report();
      report.figure("brought_per_s", brought);
      report.figure("consumed_per_s", consumed);
      report.figure("waited_share", waited / (waited + seconds));
      report.atLeast("ratio", brought / consumed, BAR);
      return report;
    }
  }
}
