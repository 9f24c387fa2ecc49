package llava4j.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import llava4j.cli.bench.BenchLine.Kind;
import llava4j.error.BadInputException;
import llava4j.image.RgbImage;
import llava4j.model.load.AvailableMemory;
import llava4j.model.load.MemoryPlan;

/// Measures line by line. Where there are two engines they take turns, ours, theirs, ours, theirs,
/// so that a neighbour or a changing clock rate hits both alike; medians are compared.
final class BenchRun {
  private static final long WARM_UP_NANOS = 500_000_000;
  private static final int IMAGE_WIDTH = 640;
  private static final int IMAGE_HEIGHT = 480;

  private final OurEngine ours;
  private final Optional<LlamaProcess> theirs;
  private final Consumer<String> progress;
  private final List<BenchLine> lines = new ArrayList<>();
  private BenchPlan plan;
  private Optional<AnswerCheck> check = Optional.empty();

  /// @param theirs the other program, if there is one
  /// @param progress hears each measurement
  BenchRun(
      BenchPlan plan, OurEngine ours, Optional<LlamaProcess> theirs, Consumer<String> progress) {
    this.plan = plan;
    this.ours = ours;
    this.theirs = theirs;
    this.progress = progress;
  }

  /// Measures everything that the plan names.
  List<BenchLine> run() {
    load();
    plan = plan.forModel(ours.config());
    requireMemory();
    theirs.ifPresent(other -> {
      progress.accept("comparing answers");
      check = Optional.of(AnswerCheck.of(ours, other, plan, ours.vocabulary()));
    });
    progress.accept("warming up");
    int[] warmUp = ids(plan.warmUpRows(ours.config().contextLength()), 0);
    for (Engine engine : engines()) {
      warmUp(() -> engine.prefill(warmUp));
    }
    if (plan.withImage()) {
      image();
    }
    for (int rows : plan.prefills()) {
      int[] ids = ids(rows, rows);
      measure(Kind.PREFILL, rows, 0, _ -> ours.prefill(ids), other -> other.prefill(ids));
    }
    for (int sequences : plan.sequences()) {
      decode(sequences);
    }
    lines.add(
        new BenchLine(
            Kind.PEAK_MEMORY,
            0,
            0,
            ours.peakBytes(),
            theirs.map(LlamaProcess::peakBytes).orElse(-1L)));
    return lines;
  }

  /// The plan as the model allows it.
  BenchPlan plan() {
    return plan;
  }

  /// Of the engines' answers; empty where there is one engine.
  Optional<AnswerCheck> check() {
    return check;
  }

  private List<Engine> engines() {
    List<Engine> engines = new ArrayList<>(List.of(ours));
    theirs.ifPresent(engines::add);
    return engines;
  }

  private void load() {
    progress.accept("loading");
    double mine = ours.load();
    if (!ours.kernelsNote().isEmpty()) {
      progress.accept(ours.kernelsNote());
    }
    double other = BenchLine.NONE;
    if (theirs.isPresent()) {
      progress.accept("loading in llama.cpp");
      other = theirs.get().load();
    }
    add(new BenchLine(Kind.LOAD, 0, 0, mine, other));
  }

  /// The rows of the largest line must fit, once for each engine.
  private void requireMemory() {
    MemoryPlan memory = ours.memory();
    long rows = plan.mostRows();
    long needed = memory.requestBytes(rows, rows) * engines().size();
    long available = AvailableMemory.ofThisProcess().bytes() - memory.mappedBytes();
    if (needed > available) {
      throw new BadInputException(
          "the largest line needs "
              + MemoryPlan.gigabytes(needed)
              + " for its "
              + rows
              + " rows, "
              + MemoryPlan.gigabytes(Math.max(0, available))
              + " are free; name smaller --prefill, --sequences or --depth");
    }
  }

  private void image() {
    RgbImage image = photograph();
    ours.encode(image);
    measure(Kind.IMAGE_ENCODE, 0, 0, _ -> ours.encode(image), null);
    int rows = ours.imageRows(image) + BenchPlan.IDS_BEFORE_IMAGE + BenchPlan.IDS_BEHIND_IMAGE;
    if (rows > ours.config().contextLength()) {
      progress.accept("an image and a question of 40 words do not fit into the context");
      return;
    }
    int[] before = ids(BenchPlan.IDS_BEFORE_IMAGE, 1);
    int[] behind = ids(BenchPlan.IDS_BEHIND_IMAGE, 2);
    int[] asLong = ids(rows, rows);
    measure(
        Kind.FIRST_TOKEN,
        rows,
        0,
        _ -> ours.firstToken(image, before, behind),
        other -> other.prefill(asLong));
  }

  private void decode(int sequences) {
    int[][] prompts =
        IntStream.range(0, sequences)
            .mapToObj(number -> ids(plan.depth(), 100 + number))
            .toArray(int[][]::new);
    for (Engine engine : engines()) {
      engine.begin(prompts, plan.decodeTokens());
      warmUp(() -> engine.decode(plan.decodeTokens()));
    }
    int steps = plan.decodeTokens();
    measure(
        Kind.DECODE,
        0,
        sequences,
        _ -> ours.decode(steps) / steps,
        other -> other.decode(steps) / steps);
  }

  /// Once, and again for a while: Java compiles what it runs often.
  private static void warmUp(Runnable work) {
    long end = System.nanoTime() + WARM_UP_NANOS;
    do {
      work.run();
    } while (System.nanoTime() - end < 0);
  }

  /// @param theirWork null where the other program has no such thing
  private void measure(
      Kind kind,
      int rows,
      int sequences,
      ToDoubleFunction<OurEngine> ourWork,
      ToDoubleFunction<Engine> theirWork) {
    double[] mine = new double[plan.repeats()];
    double[] others = new double[plan.repeats()];
    boolean compared = theirs.isPresent() && theirWork != null;
    String title = new BenchLine(kind, rows, sequences, 0, 0).title();
    for (int round = 0; round < plan.repeats(); round++) {
      progress.accept(title + ", " + (round + 1) + " of " + plan.repeats());
      mine[round] = ourWork.applyAsDouble(ours);
      if (compared) {
        others[round] = theirWork.applyAsDouble(theirs.get());
      }
    }
    add(
        new BenchLine(
            kind, rows, sequences, median(mine), compared ? median(others) : BenchLine.NONE));
  }

  private void add(BenchLine line) {
    lines.add(line);
    progress.accept(
        String.format(
            Locale.ROOT,
            "%s: %.4f s%s",
            line.title(),
            line.ours(),
            line.isCompared()
                ? String.format(Locale.ROOT, ", llama.cpp %.4f s", line.theirs())
                : ""));
  }

  private int[] ids(int count, int number) {
    return plan.ids(count, ours.vocabulary(), number);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /// Slopes of colour: the time does not depend on what is seen.
  private static RgbImage photograph() {
    byte[] pixels = new byte[IMAGE_WIDTH * IMAGE_HEIGHT * 3];
    for (int y = 0; y < IMAGE_HEIGHT; y++) {
      for (int x = 0; x < IMAGE_WIDTH; x++) {
        int at = (y * IMAGE_WIDTH + x) * 3;
        pixels[at] = (byte) (x * 255 / IMAGE_WIDTH);
        pixels[at + 1] = (byte) (y * 255 / IMAGE_HEIGHT);
        pixels[at + 2] = (byte) ((x ^ y) & 0xFF);
      }
    }
    return new RgbImage(IMAGE_WIDTH, IMAGE_HEIGHT, pixels);
  }
}
