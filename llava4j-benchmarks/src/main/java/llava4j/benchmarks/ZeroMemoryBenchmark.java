package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.Locale;

/// Memory of parameters, gradients and optimiser state in one of two processes with ZeRO-3,
/// compared with a single process.
final class ZeroMemoryBenchmark implements Benchmark {
  private static final double BAR = 0.55;

  @Override
  public String name() {
    return "zero-memory";
  }

  @Override
  public String description() {
    return "memory of one of two processes with ZeRO-3, compared with a single process (0.55x)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    ShardedProcess.Figures alone = measure(1, "NONE");
    ShardedProcess.Figures sharded = measure(2, "PARAMETERS");
    out.println("  alone:       " + alone);
    out.println("  one of two:  " + sharded);
    Benchmark.check(
        Math.abs(alone.loss() - sharded.loss()) < 1e-3 * alone.loss(),
        String.format(
            Locale.ROOT, "both learn alike: loss %.5f and %.5f", alone.loss(), sharded.loss()),
        out);
    Report report = new Report();
    report.figure("alone_mb", alone.resident() / 1e6);
    report.figure("sharded_mb", sharded.resident() / 1e6);
    report.figure("alone_process_mb", alone.process() / 1e6);
    report.figure("sharded_process_mb", sharded.process() / 1e6);
    report.atMost("ratio", (double) sharded.resident() / alone.resident(), BAR);
    return report;
  }

  private static ShardedProcess.Figures measure(int processes, String zero) {
    String line =
        ProcessOutput.line(
            ShardedProcess.class, ShardedProcess.MARK, processes, zero, String.valueOf(processes));
    return ShardedProcess.Figures.parse(line);
  }
}
