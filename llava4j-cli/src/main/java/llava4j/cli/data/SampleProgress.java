package llava4j.cli.data;

import llava4j.cli.terminal.Progress;
import llava4j.data.check.DataCheck;
import llava4j.data.stats.StatisticsReport;

/// Two progress bars, one after the other: first for reading the file, then for its samples.
final class SampleProgress implements DataCheck.Progress, StatisticsReport.Progress, AutoCloseable {
  private final String work;
  private final Progress reading = Progress.bytes("reading");
  private Progress working;

  /// @param work what is done with the samples
  SampleProgress(String work) {
    this.work = work;
  }

  @Override
  public void onBytes(long done, long total) {
    reading.update(done, total);
  }

  @Override
  public void onSamples(long done, long total) {
    if (working == null) {
      reading.close();
      working = Progress.count(work, "samples");
    }
    working.update(done, total);
  }

  @Override
  public void close() {
    reading.close();
    if (working != null) {
      working.close();
    }
  }
}
