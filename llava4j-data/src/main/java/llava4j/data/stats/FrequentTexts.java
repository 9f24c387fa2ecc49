package llava4j.data.stats;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Counts texts to find the most frequent ones. To limit memory, only the first 5000 different
/// texts are counted; frequent texts are very likely among them.
final class FrequentTexts {
  private static final int DIFFERENT = 5000;

  private final Map<String, Long> counts = new HashMap<>();

  /// A text and its count.
  record Entry(String text, long count) {}

  void add(String text) {
    add(text, 1);
  }

  void addAll(FrequentTexts others) {
    others.top(DIFFERENT).forEach(entry -> add(entry.text(), entry.count()));
  }

  private void add(String text, long times) {
    if (counts.size() < DIFFERENT || counts.containsKey(text)) {
      counts.merge(text, times, Long::sum);
    }
  }

  /// The most frequent texts, equally frequent ones in alphabetical order.
  List<Entry> top(int most) {
    return counts.entrySet().stream()
        .map(entry -> new Entry(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingLong(Entry::count).reversed().thenComparing(Entry::text))
        .limit(most)
        .toList();
  }
}
