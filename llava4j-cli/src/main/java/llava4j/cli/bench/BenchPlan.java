package llava4j.cli.bench;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;

/// What is measured. Prompts are random ids: speed does not depend on which they are.
///
/// @param prefills rows of the prompts that are read; empty for the usual ones that the context
///   holds
/// @param sequences how many answers grow side by side, each a line of its own
/// @param decodeTokens steps of one measurement
/// @param depth rows that stand before the first step
/// @param repeats measurements of a line, of which the median counts
/// @param withImage whether image encoding and the time to the first token are measured
/// @param seed of the ids
record BenchPlan(
    List<Integer> prefills,
    List<Integer> sequences,
    int decodeTokens,
    int depth,
    int repeats,
    boolean withImage,
    long seed) {
  /// Ids before the image and behind it, as many as Vicuna's template and a question of 40 words
  /// take.
  static final int IDS_BEFORE_IMAGE = 40;

  static final int IDS_BEHIND_IMAGE = 56;

  private static final List<Integer> USUAL_PREFILLS = List.of(64, 128, 256, 512, 1024, 2048);
  private static final int MOST_SEQUENCES = 64;
  private static final int MOST_REPEATS = 100;
  private static final int WARM_UP = 64;

  BenchPlan {
    prefills = List.copyOf(prefills);
    sequences = List.copyOf(sequences);
    prefills.forEach(rows -> within("--prefill", rows, 1, Integer.MAX_VALUE));
    sequences.forEach(count -> within("--sequences", count, 1, MOST_SEQUENCES));
    within("--decode", decodeTokens, 1, Integer.MAX_VALUE);
    within("--depth", depth, 1, Integer.MAX_VALUE);
    within("--repeat", repeats, 1, MOST_REPEATS);
  }

  /// The same for a model, with its own prompts.
  ///
  /// @throws BadInputException if something is longer than its context
  BenchPlan forModel(LlavaConfig config) {
    int context = config.contextLength();
    for (int rows : prefills) {
      if (rows > context) {
        throw new BadInputException(
            "--prefill " + rows + " is longer than the model's context of " + context + " rows");
      }
    }
    if ((long) depth + decodeTokens > context) {
      throw new BadInputException(
          "--depth "
              + depth
              + " and --decode "
              + decodeTokens
              + " together are longer than the model's context of "
              + context
              + " rows");
    }
    List<Integer> fitting =
        prefills.isEmpty()
            ? USUAL_PREFILLS.stream().filter(rows -> rows <= context).toList()
            : prefills;
    return new BenchPlan(fitting, sequences, decodeTokens, depth, repeats, withImage, seed);
  }

  /// The most rows that a cache has at once.
  long mostRows() {
    long longest = prefills.stream().mapToInt(Integer::intValue).max().orElse(0);
    long widest = sequences.stream().mapToInt(Integer::intValue).max().orElse(0);
    return Math.max(longest, widest * (depth + decodeTokens));
  }

  /// Rows of the prompt that is read before anything is measured.
  int warmUpRows(int context) {
    return Math.min(WARM_UP, context);
  }

  /// Random ids, the same in every run.
  ///
  /// @param number of the prompt, each has its own ids
  int[] ids(int count, int vocab, int number) {
    Random random = new Random(seed * 31 + number);
    return IntStream.generate(() -> random.nextInt(vocab)).limit(count).toArray();
  }

  private static void within(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new BadInputException(
          option
              + " must be "
              + (most == Integer.MAX_VALUE
                  ? "at least " + least
                  : "between " + least + " and " + most)
              + ", not "
              + value);
    }
  }
}
