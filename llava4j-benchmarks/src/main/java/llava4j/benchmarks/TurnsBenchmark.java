package llava4j.benchmarks;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import llava4j.ChatResponse;
import llava4j.ChatSession;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.generate.GenerationOptions;
import llava4j.image.RgbImage;

/// Resident memory over a thousand turns of chat with images.
final class TurnsBenchmark implements Benchmark {
  private static final int TURNS = 1000;
  private static final int WARM_UP_TURNS = 100;
  private static final int TURNS_PER_CHAT = 20;
  private static final int ANSWER_TOKENS = 8;

  /// The smallest leak of a cache, one token of the 7B in one layer, would be 32 kB per turn.
  private static final double MAX_KILOBYTES_PER_TURN = 4;

  @Override
  public String name() {
    return "turns";
  }

  @Override
  public String description() {
    return "growth of resident memory over the last 900 of 1000 chat turns (4 kB per turn)";
  }

  @Override
  public Report run(int repeats, PrintWriter out) {
    double[] kilobytes = new double[TURNS];
    int reused = 0;
    long start = System.nanoTime();
    try (TemporaryFolder folder = TemporaryFolder.create();
        Llava llava =
            Llava.load(
                RandomWeights.checkpoint(Workloads.tiny(LetterTokenizer.size()), folder),
                LoadOptions.defaults())) {
      int turn = 0;
      while (turn < TURNS) {
        ChatSession chat = llava.chat();
        chat.setOptions(GenerationOptions.greedy().withMaxNewTokens(ANSWER_TOKENS));
        RgbImage image = image(turn);
        for (int i = 0; i < TURNS_PER_CHAT && turn < TURNS; i++) {
          ChatResponse response =
              chat.say("What is at " + turn + "?", i == 0 ? List.of(image) : List.of());
          reused += response.cachedTokens() > 0 ? 1 : 0;
          // Java's heap always grows to its limit; it must not hide the growth of native memory
          if (turn % 50 == 0) {
            System.gc();
          }
          kilobytes[turn++] = ResidentMemory.now() / 1e3;
        }
      }
    }
    double milliseconds = (System.nanoTime() - start) / 1e6 / TURNS;
    double slope = slope(Arrays.copyOfRange(kilobytes, WARM_UP_TURNS, TURNS));
    out.printf(
        Locale.ROOT,
        "  resident: %.0f MB after %d turns, %.0f MB after %d; %.2f kB per turn; %.1f ms per turn%n",
        kilobytes[WARM_UP_TURNS] / 1e3,
        WARM_UP_TURNS,
        kilobytes[TURNS - 1] / 1e3,
        TURNS,
        slope,
        milliseconds);
    int followUps = TURNS - TURNS / TURNS_PER_CHAT;
    Benchmark.check(
        reused >= followUps, "every follow-up question finds its chat in the cache", out);
    Report report = new Report();
    report.figure("ms_per_turn", milliseconds);
    report.figure("resident_mb", kilobytes[TURNS - 1] / 1e3);
    report.atMost("kb_per_turn", slope, MAX_KILOBYTES_PER_TURN);
    return report;
  }

  /// A different image for each seed.
  private static RgbImage image(int seed) {
    byte[] pixels = new byte[64 * 48 * 3];
    new Random(seed).nextBytes(pixels);
    return new RgbImage(64, 48, pixels);
  }

  /// The slope of a least squares fit.
  static double slope(double[] values) {
    double middle = (values.length - 1) / 2.0;
    double mean = Arrays.stream(values).average().orElseThrow();
    double covariance = 0;
    double variance = 0;
    for (int i = 0; i < values.length; i++) {
      covariance += (i - middle) * (values[i] - mean);
      variance += (i - middle) * (i - middle);
    }
    return covariance / variance;
  }
}
