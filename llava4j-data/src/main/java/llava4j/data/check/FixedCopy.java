package llava4j.data.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;

/// A copy of a file without the samples that a check has something against, and a list of those. A
/// name that ends in `.jsonl` gets a sample a line, any other a list; samples keep their bytes.
public final class FixedCopy implements CheckListener, AutoCloseable {
  private static final String DROPPED = ".dropped.jsonl";

  private final Path path;
  private final Severity severity;
  private final boolean lines;
  private final AtomicFile samples;
  private final ProblemLog log;
  private long kept;
  private long dropped;

  /// Both files appear when [#complete] is called.
  ///
  /// @param path of the copy
  /// @param original which it must not replace
  public FixedCopy(Path path, Path original, Severity severity) {
    requireAnother(path, original);
    this.path = path;
    this.severity = severity;
    this.lines = path.toString().toLowerCase(Locale.ROOT).endsWith(".jsonl");
    this.log = new ProblemLog(droppedList());
    try {
      this.samples = AtomicFile.open(path);
    } catch (RuntimeException e) {
      log.close();
      throw e;
    }
  }

  /// Names the samples that are left out, and why.
  public Path droppedList() {
    return path.resolveSibling(path.getFileName() + DROPPED);
  }

  @Override
  public void onBroken(List<Finding> findings) {
    drop(findings);
  }

  @Override
  public void onSample(CheckedSample checked) {
    if (checked.findings().stream().anyMatch(finding -> severity.counts(finding.problem()))) {
      drop(checked.findings());
      return;
    }
    samples.write(text(lines ? "" : kept == 0 ? "[\n" : ",\n"));
    samples.write(lines ? onOneLine(checked.json()) : checked.json());
    samples.write(text(lines ? "\n" : ""));
    kept++;
  }

  private void drop(List<Finding> findings) {
    log.add(findings);
    dropped++;
  }

  public long kept() {
    return kept;
  }

  public long dropped() {
    return dropped;
  }

  /// Puts both files in their places.
  ///
  /// @throws BadInputException if no sample is left; then neither is written
  public void complete() {
    if (kept == 0) {
      throw new BadInputException(
          "no sample would be left, so " + path + " is not written; correct what the check found");
    }
    samples.write(text(lines ? "" : "\n]\n"));
    log.complete();
    samples.commit();
  }

  @Override
  public void close() {
    try (log) {
      samples.close();
    }
  }

  /// Line breaks within JSON's texts are escaped; the others are blanks.
  private static byte[] onOneLine(byte[] json) {
    byte[] line = json.clone();
    for (int i = 0; i < line.length; i++) {
      line[i] = line[i] == '\n' || line[i] == '\r' ? (byte) ' ' : line[i];
    }
    return line;
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void requireAnother(Path path, Path original) {
    try {
      if (Files.isDirectory(path)) {
        throw new BadInputException(path + " is a folder; name a file for the clean copy");
      }
      if (Files.exists(path) && Files.isSameFile(path, original)) {
        throw new BadInputException(
            path + " is the file that is checked; name another for the clean copy");
      }
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be read: " + e.getMessage(), e);
    }
  }
}
