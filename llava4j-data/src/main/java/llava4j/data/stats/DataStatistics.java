package llava4j.data.stats;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.data.Sample;
import llava4j.data.SampleFile;

/// Counts the samples of a file by source, which is the first folder of the image's path. Samples
/// are read one at a time and not kept.
final class DataStatistics {
  private static final String TEXT_ONLY = "text only";
  private static final String NO_FOLDER = "images in no folder";
  private static final String ALL = "all";
  private static final String OTHER = "other folders";
  private static final int MOST_KEPT = 2000;
  private static final int MOST_SHOWN = 24;

  private final int examples;
  private final long seed;
  private final SourceTally all;
  private final Map<String, SourceTally> sources = new HashMap<>();

  /// Receives the number of samples counted so far.
  @FunctionalInterface
  interface Progress {
    void onSamples(long done, long total);
  }

  /// @param examples number of example samples to draw from each source
  /// @param seed random seed for drawing the examples
  DataStatistics(int examples, long seed) {
    this.examples = examples;
    this.seed = seed;
    this.all = tally(ALL, 0);
  }

  void addAll(SampleFile samples, Progress progress) {
    for (int i = 0; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      all.add(i, sample);
      String name = source(sample.image());
      String kept = sources.containsKey(name) || sources.size() < MOST_KEPT ? name : OTHER;
      sources.computeIfAbsent(kept, key -> tally(key, examples)).add(i, sample);
      progress.onSamples(i + 1L, samples.size());
    }
  }

  /// The counts of all samples.
  SourceTally all() {
    return all;
  }

  /// The sources, largest first; if there are many, the smallest ones are combined.
  List<SourceTally> sources() {
    List<SourceTally> sorted =
        new ArrayList<>(
            sources.values().stream()
                .sorted(
                    Comparator.comparingLong(SourceTally::samples)
                        .reversed()
                        .thenComparing(SourceTally::name))
                .toList());
    if (sorted.size() <= MOST_SHOWN) {
      return sorted;
    }
    List<SourceTally> small = sorted.subList(MOST_SHOWN - 1, sorted.size());
    SourceTally rest = tally(small.size() + " " + OTHER, examples);
    small.forEach(rest::addAll);
    List<SourceTally> shown = new ArrayList<>(sorted.subList(0, MOST_SHOWN - 1));
    shown.add(rest);
    return shown;
  }

  private SourceTally tally(String name, int wanted) {
    return new SourceTally(name, wanted, seed);
  }

  /// The source of a sample. Folder names end with a slash, so they differ from the other names.
  private static String source(Optional<String> image) {
    if (image.isEmpty()) {
      return TEXT_ONLY;
    }
    String path = image.get().replace('\\', '/').replaceFirst("^(\\./|/)+", "");
    int slash = path.indexOf('/');
    return slash < 0 ? NO_FOLDER : path.substring(0, slash + 1);
  }
}
