package llava4j.cli.data;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import llava4j.cli.terminal.Progress;
import llava4j.data.mixture.BuildListener;
import llava4j.data.mixture.MixtureBuild;
import llava4j.data.mixture.MixtureSource;
import llava4j.data.mixture.SourceResult;
import llava4j.data.mixture.rule.Incident;

/// Builds a mixture with a progress bar, and prints the result for each source.
final class BuildReport {
  private static final String ROW = "%-16s %8s %8s %9s%n";

  private final PrintWriter out;

  BuildReport(PrintWriter out) {
    this.out = out;
  }

  void run(String mixture, MixtureBuild build, Path file) {
    List<SourceResult> results;
    try (Progress progress = Progress.bytes(mixture)) {
      results = build.write(file, shownBy(progress));
    }
    print(results);
    out.printf(Locale.ROOT, "%nwritten: %s%n", file);
  }

  private static BuildListener shownBy(Progress progress) {
    return new BuildListener() {
      @Override
      public void onSource(MixtureSource source) {
        progress.say(source.title());
      }

      @Override
      public void onBytes(long done, long total) {
        progress.update(done, total);
      }

      @Override
      public void onResult(SourceResult result) {
        // the table is printed at the end, so that the progress bar does not overwrite it
      }
    };
  }

  private void print(List<SourceResult> results) {
    out.printf(Locale.ROOT, ROW, "source", "paper", "here", "differs");
    long paper = 0;
    long here = 0;
    for (SourceResult result : results) {
      int expected = result.source().paperCount();
      paper += expected;
      here += result.samples();
      row(result.source().title(), expected, result.samples());
      out.printf(Locale.ROOT, "    rows read: %d%n", result.rows());
      for (Map.Entry<Incident, Long> incident : new TreeMap<>(result.incidents()).entrySet()) {
        out.printf(Locale.ROOT, "    %s: %d%n", incident.getKey().words(), incident.getValue());
      }
      if (result.samples() != expected && result.incidents().isEmpty()) {
        out.println("    no row was left out: the source's file has other rows than the paper's");
      }
    }
    row("total", paper, here);
  }

  private void row(String what, long paper, long here) {
    String differs = here == paper ? "" : String.format(Locale.ROOT, "%+d", here - paper);
    out.printf(Locale.ROOT, ROW, what, paper, here, differs);
  }
}
