package llava4j.data.check;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import llava4j.data.Lengths;
import llava4j.data.SampleFault;

/// Counts samples and problems of a check.
public final class Tally implements CheckListener {
  private static final int FIRST = 5;

  private final Map<Problem, Kind> kinds = new EnumMap<>(Problem.class);
  private final Lengths wordsWithImage = new Lengths();
  private final Lengths wordsOfTextOnly = new Lengths();
  private final Lengths rows = new Lengths();
  private long broken;

  /// The number of times a problem was found, and the first places.
  public static final class Kind {
    private final List<Finding> first = new ArrayList<>();
    private long count;

    public long count() {
      return count;
    }

    public List<Finding> first() {
      return Collections.unmodifiableList(first);
    }
  }

  @Override
  public void onBroken(List<Finding> findings) {
    broken += findings.getFirst().number() == SampleFault.BETWEEN ? 0 : 1;
    findings.forEach(this::count);
  }

  @Override
  public void onSample(CheckedSample checked) {
    int words = checked.sample().modalityLength();
    if (checked.sample().image().isPresent()) {
      wordsWithImage.add(words);
    } else {
      wordsOfTextOnly.add(-words);
    }
    checked.tokens().ifPresent(tokens -> rows.add(tokens.rows()));
    checked.findings().forEach(this::count);
  }

  private void count(Finding finding) {
    Kind kind = kinds.computeIfAbsent(finding.problem(), _ -> new Kind());
    kind.count++;
    if (kind.first.size() < FIRST) {
      kind.first.add(finding);
    }
  }

  /// Number of samples in the file, including unreadable ones.
  public long samples() {
    return broken + wordsWithImage.count() + wordsOfTextOnly.count();
  }

  /// Number of samples that cannot be read.
  public long broken() {
    return broken;
  }

  /// Word counts of samples with an image, as counted by the original's sampler.
  public Lengths wordsWithImage() {
    return wordsWithImage;
  }

  /// Word counts of samples without an image.
  public Lengths wordsOfTextOnly() {
    return wordsOfTextOnly;
  }

  /// Token counts (text and image) of the valid samples; empty if tokens were not counted.
  public Lengths rows() {
    return rows;
  }

  /// The problems that were found, in the order of [Problem].
  public Map<Problem, Kind> kinds() {
    return Collections.unmodifiableMap(kinds);
  }

  /// The number of times a problem was found.
  public long count(Problem problem) {
    return kinds.containsKey(problem) ? kinds.get(problem).count() : 0;
  }

  /// Whether any problem was found that counts.
  public boolean found(Severity severity) {
    return kinds.keySet().stream().anyMatch(severity::counts);
  }
}
