package llava4j.tiny.train;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import llava4j.data.SampleFile;
import llava4j.text.tokenizer.Tokenizer;
import llava4j.train.batch.BadSampleException;
import llava4j.train.batch.LabelMasker;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.config.TrainConfig;

/// The words that a run's answers are made of, found by looking at some thousand samples.
final class AnswerWords {
  private static final int MOST_SAMPLES = 8192;
  private static final int RARE = 3;

  private AnswerWords() {}

  /// Token ids in ascending order, without those that hardly any answer has.
  ///
  /// @param file of samples
  /// @param tokenizers opens the base's
  static int[] of(Path file, Supplier<Tokenizer> tokenizers, TrainConfig.Data data) {
    Map<Integer, Integer> counts = new TreeMap<>();
    try (SampleFile samples = SampleFile.open(file);
        Tokenizer tokenizer = tokenizers.get()) {
      LabelMasker masker =
          new LabelMasker(data.template(), tokenizer, data.maxLength(), data.maskRule());
      int step = Math.ceilDiv(samples.size(), MOST_SAMPLES);
      for (int i = 0; i < samples.size(); i += step) {
        count(masker, samples, i, counts);
      }
    }
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() >= RARE)
        .mapToInt(Map.Entry::getKey)
        .toArray();
  }

  private static void count(
      LabelMasker masker, SampleFile samples, int index, Map<Integer, Integer> counts) {
    try {
      for (int label : masker.mask(samples.get(index)).labels()) {
        if (label != LabelledTokens.IGNORED) {
          counts.merge(label, 1, Integer::sum);
        }
      }
    } catch (BadSampleException _) {
      // the run itself meets it, and counts it or ends
    }
  }
}
