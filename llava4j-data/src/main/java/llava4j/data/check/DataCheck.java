package llava4j.data.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.data.SampleFault;
import llava4j.data.SampleFile;
import llava4j.data.check.TokenRule.Tokens;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;

/// Checks a file of samples and their images. Each sample is checked on a virtual thread, `threads`
/// of them at the same time; listeners receive the samples in the order of the file.
public final class DataCheck {
  private static final int AHEAD = 8;

  private final ImageCheck imageCheck;
  private final Optional<TokenRule> tokens;
  private final Semaphore cores;
  private final int ahead;

  /// Receives the progress of the check.
  public interface Progress {
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
    if (!Files.isDirectory(images)) {
      throw new BadInputException(
          images + " is not a folder; set --images to the folder of the samples' images");
    }
    this.imageCheck = new ImageCheck(images, maxPixels);
    this.tokens = tokens;
    this.cores = new Semaphore(threads);
    this.ahead = AHEAD * threads;
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
    Deque<Future<CheckedSample>> underWay = new ArrayDeque<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      int started = 0;
      for (int done = 0; done < samples.size(); done++) {
        while (started < samples.size() && underWay.size() < ahead) {
          int index = started++;
          Callable<CheckedSample> work = () -> checkOne(samples, index);
          underWay.addLast(threads.submit(work));
        }
        CheckedSample checked = withIdProblems(result(underWay.removeFirst()), withoutId, ids);
        listeners.forEach(listener -> listener.onSample(checked));
        progress.onSamples(done + 1L, samples.size());
      }
    } finally {
      threads.shutdownNow();
      threads.close();
    }
  }

  private static CheckedSample result(Future<CheckedSample> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
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

  private CheckedSample checkOne(SampleFile samples, int index) throws InterruptedException {
    cores.acquire();
    try {
      Sample sample = samples.get(index);
      int number = samples.number(index);
      List<Finding> findings = new ArrayList<>(ConversationCheck.of(number, sample));
      Optional<ImageSize> size = Optional.empty();
      if (sample.image().isPresent()) {
        ImageCheck.Result result = imageCheck.of(sample.image().get());
        result
            .problem()
            .ifPresent(problem ->
                findings.add(new Finding(number, sample.id(), problem, result.detail())));
        size = result.size();
      }
      Optional<Tokens> counted =
          tokens.isEmpty() || findings.stream().anyMatch(finding -> finding.problem().hurts())
              ? Optional.empty()
              : count(tokens.get(), number, sample, size, findings);
      return new CheckedSample(number, sample, samples.bytes(index), findings, counted);
    } finally {
      cores.release();
    }
  }

  private static Optional<Tokens> count(
      TokenRule rule, int number, Sample sample, Optional<ImageSize> size, List<Finding> findings) {
    try {
      Tokens counted = rule.of(sample, size);
      if (counted.rows() > rule.maxLength()) {
        String length = counted.rows() + " tokens";
        findings.add(new Finding(number, sample.id(), Problem.CUT_OFF, length));
      }
      if (counted.supervised() == 0) {
        findings.add(new Finding(number, sample.id(), Problem.NOTHING_SUPERVISED, ""));
      }
      return Optional.of(counted);
    } catch (BadInputException e) {
      findings.add(new Finding(number, sample.id(), Problem.REFUSED, e.getMessage()));
      return Optional.empty();
    }
  }
}
