package llava4j.data.stats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import llava4j.data.Lengths;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.WhitespaceWords;
import llava4j.text.ResponseFormat;

/// Counts of the samples of one source.
final class SourceTally {
  private static final String IMAGE = "<image>";
  private static final int SHORT_WORDS = 3;

  private final String name;
  private final int wanted;
  private final Random random;
  private final List<Integer> examples = new ArrayList<>();
  private final Lengths rounds = new Lengths();
  private final Lengths questionWords = new Lengths();
  private final Lengths answerWords = new Lengths();
  private final FrequentTexts firstWords = new FrequentTexts();
  private final FrequentTexts shortAnswers = new FrequentTexts();
  private final Map<ResponseFormat, Long> questionsOfFormat = new EnumMap<>(ResponseFormat.class);
  private final Map<ResponseFormat, Long> samplesOfFormat = new EnumMap<>(ResponseFormat.class);
  private long samples;
  private long images;

  /// @param name name on the page
  /// @param wanted number of examples to draw
  /// @param seed random seed for drawing the examples
  SourceTally(String name, int wanted, long seed) {
    this.name = name;
    this.wanted = wanted;
    this.random = new Random(seed ^ name.hashCode());
  }

  /// Counts a sample.
  ///
  /// @param index index of the sample in its file
  void add(int index, Sample sample) {
    draw(index);
    samples++;
    images += sample.image().isPresent() ? 1 : 0;
    int asked = 0;
    Set<ResponseFormat> formats = EnumSet.noneOf(ResponseFormat.class);
    for (Turn turn : sample.turns()) {
      switch (turn.speaker()) {
        case HUMAN -> {
          asked++;
          formats.add(question(WhitespaceWords.strip(turn.text().replace(IMAGE, " "))));
        }
        case GPT -> answer(WhitespaceWords.strip(turn.text()));
        case OTHER -> {}
      }
    }
    rounds.add(asked);
    formats.forEach(format -> samplesOfFormat.merge(format, 1L, Long::sum));
  }

  private ResponseFormat question(String text) {
    List<String> words = WhitespaceWords.split(text);
    questionWords.add(words.size());
    if (!words.isEmpty()) {
      String first = words.getFirst().toLowerCase(Locale.ROOT).replaceAll("\\p{Punct}+$", "");
      firstWords.add(first.isEmpty() ? words.getFirst() : first);
    }
    ResponseFormat format = ResponseFormat.of(text);
    questionsOfFormat.merge(format, 1L, Long::sum);
    return format;
  }

  private void answer(String text) {
    int words = WhitespaceWords.count(text);
    answerWords.add(words);
    if (words > 0 && words <= SHORT_WORDS) {
      shortAnswers.add(text);
    }
  }

  /// Reservoir sampling: every sample is kept with the same probability.
  private void draw(int index) {
    if (examples.size() < wanted) {
      examples.add(index);
    } else if (wanted > 0) {
      long place = random.nextLong(samples + 1);
      if (place < wanted) {
        examples.set((int) place, index);
      }
    }
  }

  /// Adds the counts of another source; the examples are drawn again from both.
  void addAll(SourceTally other) {
    List<Integer> both = new ArrayList<>(examples);
    both.addAll(other.examples);
    Collections.shuffle(both, random);
    examples.clear();
    examples.addAll(both.subList(0, Math.min(wanted, both.size())));
    rounds.addAll(other.rounds);
    questionWords.addAll(other.questionWords);
    answerWords.addAll(other.answerWords);
    firstWords.addAll(other.firstWords);
    shortAnswers.addAll(other.shortAnswers);
    other.questionsOfFormat.forEach(
        (format, count) -> questionsOfFormat.merge(format, count, Long::sum));
    other.samplesOfFormat.forEach(
        (format, count) -> samplesOfFormat.merge(format, count, Long::sum));
    samples += other.samples;
    images += other.images;
  }

  String name() {
    return name;
  }

  long samples() {
    return samples;
  }

  /// Number of samples with an image.
  long images() {
    return images;
  }

  /// Number of questions per sample.
  Lengths rounds() {
    return rounds;
  }

  Lengths questionWords() {
    return questionWords;
  }

  Lengths answerWords() {
    return answerWords;
  }

  FrequentTexts firstWords() {
    return firstWords;
  }

  /// Answers of at most three words, by frequency.
  FrequentTexts shortAnswers() {
    return shortAnswers;
  }

  /// Number of questions that ask for a response format.
  long questionsAsking(ResponseFormat format) {
    return questionsOfFormat.getOrDefault(format, 0L);
  }

  /// Number of samples with such a question.
  long samplesAsking(ResponseFormat format) {
    return samplesOfFormat.getOrDefault(format, 0L);
  }

  /// Indices of the example samples, in the order of the file.
  int[] examples() {
    int[] indices = examples.stream().mapToInt(Integer::intValue).toArray();
    Arrays.sort(indices);
    return indices;
  }
}
