package llava4j.eval.metric;

import java.util.List;
import java.util.Locale;

/// MME's score of one task: right answers, and images with both questions right (spec 7.3).
///
/// @param questions answered, two per image, neighbours
/// @param right answers
/// @param pairsRight images with both right
public record PairedYesNo(int questions, int right, int pairsRight) {
  private static final int READ = 4; // letters at the start of a longer answer that are read

  /// How an answer is read.
  public enum Reading {
    YES,
    NO,
    OTHER
  }

  public static Reading read(String answer) {
    String text = answer.toLowerCase(Locale.ROOT);
    String start = text.substring(0, Math.min(READ, text.length()));
    if (text.equals("yes") || (!text.equals("no") && start.contains("yes"))) {
      return Reading.YES;
    }
    return text.equals("no") || start.contains("no") ? Reading.NO : Reading.OTHER;
  }

  /// @param right for each question; the two questions of an image are neighbours
  public static PairedYesNo of(List<Boolean> right) {
    int single = 0;
    int both = 0;
    for (int i = 0; i < right.size(); i++) {
      single += right.get(i) ? 1 : 0;
      both += i % 2 == 1 && right.get(i) && right.get(i - 1) ? 1 : 0;
    }
    return new PairedYesNo(right.size(), single, both);
  }

  /// Of 100.
  public double accuracy() {
    return 100.0 * right / questions;
  }

  /// Of 100.
  public double accuracyPlus() {
    return 200.0 * pairsRight / questions;
  }

  /// Of 200.
  public double score() {
    return accuracy() + accuracyPlus();
  }
}
