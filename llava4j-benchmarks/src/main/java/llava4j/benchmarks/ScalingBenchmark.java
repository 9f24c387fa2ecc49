package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import llava4j.tensor.Device;
import llava4j.train.forecast.Forecast;
import llava4j.train.plan.StepTime;
import llava4j.train.plan.StepWork;

/// Time and memory of training steps as the plan for other machines predicts them, compared with
/// measurements on this one: several sizes, 1, 2 and 4 processes. The plan knows how fast this
/// machine multiplies matrices, moves numbers and sends them between processes, and nothing about
/// the runs. It holds on a machine that does nothing else; how much other programs used is printed.
///
/// @param cases the runs, in their order
record ScalingBenchmark(Set<ScalingCase> cases) implements Benchmark {
  private static final double BAR = 0.2;
  private static final double MB = 1e6;

  @Override
  public String name() {
    return "scaling";
  }

  @Override
  public String description() {
    return "predicted and measured time and memory of training steps, 1, 2 and 4 processes (within 20 %)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    Map<Integer, PrimitiveSpeeds> speeds = new HashMap<>();
    int cores = Runtime.getRuntime().availableProcessors();
    int several = Math.max(2, cores);
    Report report = new Report();
    double worstTime = 0;
    double worstMemory = 0;
    out.printf(
        Locale.ROOT,
        "  %-10s %-10s | %9s %9s %6s | %9s %9s %6s%n",
        "run",
        "zero",
        "predicted",
        "measured",
        "ratio",
        "predicted",
        "measured",
        "ratio");
    for (ScalingCase one : new TreeSet<>(cases)) {
      int measuring = one.processes() == 1 ? 1 : Math.min(several, one.processes());
      PrimitiveSpeeds here = speeds.computeIfAbsent(measuring, count -> speeds(count, out));
      ScalingProcess.Figures figures =
          ScalingProcess.Figures.parse(
              ProcessOutput.line(
                  ScalingProcess.class,
                  ScalingProcess.MARK,
                  one.processes(),
                  one.name(),
                  String.valueOf(repeats)));
      StepTime time =
          StepTime.of(
              StepWork.of(
                  one.config(), one.model(), one.processes(), new Device.Cpu(), one.batch(figures)),
              new CalibratedMachine(here, one.processes()));
      Forecast memory =
          Forecast.of(
                  one.config(), one.model(), one.processes(), new Device.Cpu(), one.batch(figures))
              .withRuntime(here.runtime());
      double ofTime = time.seconds() / figures.seconds();
      double ofMemory = (double) memory.peakBytes() / figures.peak();
      out.printf(
          Locale.ROOT,
          "  %-10s %-10s | %7.2f s %7.2f s %6.2f | %6.0f MB %6.0f MB %6.2f | others used %2.0f %%%n",
          one,
          one.zero(),
          time.seconds(),
          figures.seconds(),
          ofTime,
          memory.peakBytes() / MB,
          figures.peak() / MB,
          ofMemory,
          100 * figures.others());
      out.printf(
          Locale.ROOT,
          "    products %.3f, attention %.3f, other operators %.3f, transfers %.3f s; by part %s%n",
          time.products(),
          time.attention(),
          time.passes(),
          time.transfers(),
          time.ofParts());
      memory.lines().forEach(line -> out.println("    " + line));
      out.flush();
      report.figure(figure(one, "predicted_ms"), 1000 * time.seconds());
      report.figure(figure(one, "measured_ms"), 1000 * figures.seconds());
      report.figure(figure(one, "predicted_mb"), memory.peakBytes() / MB);
      report.figure(figure(one, "measured_mb"), figures.peak() / MB);
      report.figure(figure(one, "others"), figures.others());
      worstTime = Math.max(worstTime, Math.abs(ofTime - 1));
      worstMemory = Math.max(worstMemory, Math.abs(ofMemory - 1));
    }
    report.atMost("worst_time", worstTime, BAR);
    report.atMost("worst_memory", worstMemory, BAR);
    return report;
  }

  private static String figure(ScalingCase one, String what) {
    return one.name().toLowerCase(Locale.ROOT) + "_" + what;
  }

  private static PrimitiveSpeeds speeds(int processes, PrintWriter out) {
    PrimitiveSpeeds speeds =
        PrimitiveSpeeds.parse(
            ProcessOutput.line(PrimitiveProcess.class, PrimitiveSpeeds.MARK, processes));
    out.println("  " + speeds.line());
    out.flush();
    return speeds;
  }
}
