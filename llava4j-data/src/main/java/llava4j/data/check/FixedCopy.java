package llava4j.data.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;

/// Writes a copy of a file without the samples that have problems, and a list of the removed
/// samples. The copy is JSONL if its name ends in `.jsonl`, else a JSON list; the bytes of each
/// sample are unchanged.
public final class FixedCopy implements CheckListener, AutoCloseable {
  private static final String DROPPED = ".dropped.jsonl";

  private final Path path;
  private final Severity severity;
  private final boolean lines;
  private final AtomicFile samples;
  private final ProblemLog log;
  private long kept;
  private long dropped;

  /// Starts both files; they appear when [#complete] is called.
  ///
  /// @param path of the copy
  /// @param original the checked file, which must not be overwritten
  /// @param severity which problems remove a sample
  /// @throws BadInputException if the path is a folder, or the original
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

  /// The list of removed samples and their problems, in JSONL.
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

  /// Finishes both files and gives them their final names.
  ///
  /// @throws BadInputException if no sample is left; then neither file is written
  public void complete() {
    if (kept == 0) {
      throw new BadInputException(
          "no sample would be left, so "
              + path
              + " is not written; correct the problems that the check found");
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

  /// Replaces line breaks by spaces. Line breaks within JSON strings are escaped, so only white
  /// space changes.
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
        throw new BadInputException(path + " is a folder; choose a file name for the clean copy");
      }
      if (Files.exists(path) && Files.isSameFile(path, original)) {
        throw new BadInputException(
            path + " is the checked file itself; choose another name for the clean copy");
      }
    } catch (IOException e) {
      throw new BadInputException(path + " cannot be read: " + e.getMessage(), e);
    }
  }
}
