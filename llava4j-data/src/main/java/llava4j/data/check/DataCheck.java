package llava4j.data.check;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import llava4j.data.SampleFault;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;

/// Checks a file of samples and their images. Listeners receive the samples in the order of the
/// file.
public final class DataCheck {
  private final Work work;

  /// Who checks the samples of a file.
  public interface Work {
    /// Checks all samples.
    ///
    /// @param checked receives them in the order of the file
    void check(SampleFile samples, Consumer<CheckedSample> checked) throws InterruptedException;
  }

  /// Receives the progress of the check.
  public interface Progress {
    /// Receives nothing.
    Progress NONE =
        new Progress() {
          @Override
          public void onBytes(long done, long total) {}

          @Override
          public void onSamples(long done, long total) {}
        };

    /// Progress of the first reading, in bytes.
    void onBytes(long done, long total);

    /// Progress of the check of samples and images, in samples.
    void onSamples(long done, long total);
  }

  /// @param images folder that the image paths are relative to
  /// @param tokens counts the tokens of a sample; empty if they are not to be counted
  /// @param threads number of samples that are checked at the same time
  public DataCheck(Path images, Optional<TokenRule> tokens, int threads) {
    this(images, DecodeOptions.DEFAULT_MAX_PIXELS, tokens, threads);
  }

  /// @param images folder that the image paths are relative to
  /// @param maxPixels maximum number of pixels of an image
  /// @param tokens counts the tokens of a sample; empty if they are not to be counted
  /// @param threads number of samples that are checked at the same time
  public DataCheck(Path images, long maxPixels, Optional<TokenRule> tokens, int threads) {
    this(new ThreadedCheck(new SampleCheck(images, maxPixels, tokens), threads));
  }

  /// @param work such as one on other machines
  public DataCheck(Work work) {
    this.work = work;
  }

  /// Checks the whole file.
  ///
  /// @throws BadInputException if it is not a file of samples
  public void run(Path file, Progress progress, List<CheckListener> listeners)
      throws InterruptedException {
    BitSet withoutId = new BitSet();
    BrokenSamples broken = new BrokenSamples(listeners);
    try (SampleFile samples =
        SampleFile.openLeniently(
            file,
            progress::onBytes,
            fault -> {
              if (fault.kind() == SampleFault.Kind.ID) {
                withoutId.set(fault.number());
              } else {
                broken.add(Finding.of(fault));
              }
            })) {
      broken.flush();
      checkAll(samples, withoutId, progress, listeners);
    }
  }

  /// Collects the faults of one sample, so that they are reported together.
  private static final class BrokenSamples {
    private final List<CheckListener> listeners;
    private final List<Finding> pending = new ArrayList<>();

    BrokenSamples(List<CheckListener> listeners) {
      this.listeners = listeners;
    }

    void add(Finding finding) {
      if (!pending.isEmpty()
          && (finding.number() == SampleFault.BETWEEN
              || finding.number() != pending.getFirst().number())) {
        flush();
      }
      pending.add(finding);
    }

    void flush() {
      if (!pending.isEmpty()) {
        List<Finding> findings = List.copyOf(pending);
        pending.clear();
        listeners.forEach(listener -> listener.onBroken(findings));
      }
    }
  }

  private void checkAll(
      SampleFile samples, BitSet withoutId, Progress progress, List<CheckListener> listeners)
      throws InterruptedException {
    IdSet ids = new IdSet();
    AtomicInteger done = new AtomicInteger();
    work.check(
        samples,
        sample -> {
          CheckedSample checked = withIdProblems(sample, withoutId, ids);
          listeners.forEach(listener -> listener.onSample(checked));
          progress.onSamples(done.incrementAndGet(), samples.size());
        });
  }

  private static CheckedSample withIdProblems(CheckedSample checked, BitSet withoutId, IdSet ids) {
    String id = checked.sample().id();
    List<Finding> findings = new ArrayList<>(checked.findings());
    if (withoutId.get(checked.number())) {
      findings.add(new Finding(checked.number(), id, Problem.ID_MISSING, ""));
    } else if (!ids.add(id)) {
      findings.add(new Finding(checked.number(), id, Problem.DUPLICATE_ID, ""));
    }
    return new CheckedSample(
        checked.number(), checked.sample(), checked.json(), findings, checked.tokens());
  }
}
