package llava4j.tiny.model;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.config.TextConfig;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.model.SeededTensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// What a language model begins with, so that it reads images and compares words after thousands of
/// questions instead of millions. What large models find out by themselves is there from the start
/// (after mimetic initialisation, arXiv 2305.09828):
///
/// - Words have length 1 a column and blocks add little to it, so that what a word is outlives the
///   first block.
/// - Attention passes on what it sees: values and their way back are each other's transposes.
/// - Some heads look at the row one, two, three or four back, or at the last dozen; some at what is
///   like their own row, wherever it stands; some at what is like it in an image; some at the words
///   that those found there; one at the whole image.
///
/// The last columns are set apart. Of these, [#MARKS] say that a row is a word, which rows of a
/// image do not have: the tower learns directions less the table's mean. [#SIGNS] begin empty;
/// heads that look into images write there whether they found words only, and all heads pass it on.
/// [PlaceColumns] are empty in words; rows of images have their places there, and all heads pass
/// them on too, so that a word that was found has the place of what it was found in.
final class FreshDecoder {
  private static final Pattern ATTENTION =
      Pattern.compile("\\blayers\\.([0-9]+)\\.self_attn\\.([qkvo])_proj\\.weight$");

  /// Columns that mark words, the very last ones.
  static final int MARKS = 4;

  /// Columns for what heads found, before those.
  static final int SIGNS = 4;

  private static final double QUIET = 0.1; // what feed-forwards add, against CLIP's rule
  private static final double COPIED = 1; // of what attention sees
  private static final double LOOK = 1.5; // of a direction, in alike heads
  private static final double NEAR = 6; // of a pair of columns that tells the next rows apart
  private static final double AROUND = 4; // of one that tells the next dozen apart
  private static final double AWAY = 6.5; // from words, of heads that compare with images
  private static final double ASIDE = 10; // from words, of heads that look at whole images
  private static final double TO_FOUND = 6; // of heads that look at what others found
  private static final double NOISE = 0.01;
  private static final int PAIRS = 4; // of columns, for distances
  private static final int MIDDLE = 4; // of the last dozen, rows back
  private static final double SLOW_TURN = 0.2; // from row to row, to tell a dozen apart
  private static final double HARDLY_ANY_TURN =
      0.015; // two thirds of a right angle in seventy rows

  private final TextConfig config;
  private final SeededTensors random;

  /// Where a head looks before it has learned anything.
  private enum Look {
    ONE_BACK,
    TWO_BACK,
    THREE_BACK,
    FOUR_BACK,
    LATELY,
    ALIKE,
    ALIKE_IN_IMAGES,
    IMAGES,
    FOUND,
    ANYWHERE;

    /// Of one block's heads, eighths of them.
    static List<Look> ofBlock(int block, int blocks) {
      if (block == 0) {
        return List.of(
            ALIKE_IN_IMAGES,
            ALIKE_IN_IMAGES,
            ALIKE_IN_IMAGES,
            ONE_BACK,
            ALIKE_IN_IMAGES,
            THREE_BACK,
            TWO_BACK,
            LATELY);
      }
      return block < blocks - 1
          ? List.of(ALIKE_IN_IMAGES, ALIKE, FOUND, TWO_BACK, ONE_BACK, ALIKE, LATELY, ANYWHERE)
          : List.of(FOUND, ALIKE, IMAGES, ONE_BACK, LATELY, LATELY, ANYWHERE, ANYWHERE);
    }

    int rowsBack() {
      return switch (this) {
        case ONE_BACK -> 1;
        case TWO_BACK -> 2;
        case THREE_BACK -> 3;
        case FOUR_BACK -> 4;
        case LATELY -> MIDDLE;
        case ALIKE, ALIKE_IN_IMAGES, IMAGES, FOUND, ANYWHERE -> 0;
      };
    }

    boolean isAlike() {
      return this == ALIKE || this == ALIKE_IN_IMAGES;
    }
  }

  /// @throws IllegalArgumentException if heads share keys, or have too few columns or too few that
  ///   hardly turn for what they begin with
  FreshDecoder(TextConfig config, SeededTensors random) {
    this.config = config;
    this.random = random;
    int half = config.headDim() / 2;
    if (config.numHeads() != config.numKvHeads()
        || config.numHeads() * config.headDim() != config.dim()
        || config.headDim() < 4 * PAIRS
        || firstSlowerThan(SLOW_TURN) + PAIRS > half
        || firstSlowerThan(HARDLY_ANY_TURN) + 2 > half) {
      throw new IllegalArgumentException(
          "%d heads of %d columns, theta %s"
              .formatted(config.numHeads(), config.headDim(), config.ropeTheta()));
    }
  }

  /// Values of a matrix or of a norm's weights; names as in Hugging Face's files.
  Tensor of(String name, List<Long> shape) {
    if (name.endsWith("norm.weight")) {
      return random.constant(shape, name.contains("layers.") ? 1 : lastNorm());
    }
    if (name.endsWith("embed_tokens.weight")) {
      return words(name, shape);
    }
    double whole = 1 / Math.sqrt((double) shape.getLast());
    Matcher attention = ATTENTION.matcher(name);
    if (attention.find()) {
      int block = Integer.parseInt(attention.group(1));
      return switch (attention.group(2)) {
        case "q" -> looking(name, shape, block, true);
        case "k" -> looking(name, shape, block, false);
        case "v" -> values(name, shape, block);
        default -> added(name.replace(".o_proj.", ".v_proj."), shape, block);
      };
    }
    boolean added = name.endsWith("down_proj.weight");
    return random.normal(
        name, shape, added ? QUIET * whole / Math.sqrt(2.0 * config.numLayers()) : whole);
  }

  /// With tied embeddings, logits are products of vectors of that length.
  private double lastNorm() {
    return config.tieEmbeddings() ? 1 / Math.sqrt(config.dim()) : 1;
  }

  /// [vocab, dim]
  private Tensor words(String name, List<Long> shape) {
    try (Scope scope = new Scope()) {
      Tensor table = random.normal(name, shape, 1); // [vocab, dim]
      table.narrow(1, marks(), MARKS).fill_(new Scalar(1));
      table.narrow(1, places(), PlaceColumns.COUNT + SIGNS).zero_();
      return scope.keep(table);
    }
  }

  private int marks() {
    return config.dim() - MARKS;
  }

  private int signs() {
    return config.dim() - MARKS - SIGNS;
  }

  private int places() {
    return PlaceColumns.first(config.dim());
  }

  private Look look(int block, int head) {
    List<Look> looks = Look.ofBlock(block, config.numLayers());
    return looks.get(head * looks.size() / config.numHeads());
  }

  /// Queries or keys. [heads * headDim, dim]
  private Tensor looking(String name, List<Long> shape, int block, boolean query) {
    double whole = 1 / Math.sqrt((double) config.dim());
    try (Scope scope = new Scope()) {
      Tensor matrix = random.normal(name, shape, whole); // [heads * headDim, dim]
      Tensor alike = directions(name.replace("k_proj", "q_proj"), shape); // same for both
      Tensor noise = random.normal(name, shape, NOISE); // [heads * headDim, dim]
      for (int head = 0; head < config.numHeads(); head++) {
        Look look = look(block, head);
        long start = (long) head * config.headDim();
        Tensor own = matrix.narrow(0, start, config.headDim()); // [headDim, dim]
        if (look.isAlike()) {
          own.copy_(alike(alike.narrow(0, start, config.headDim()), look, query));
        } else if (look != Look.ANYWHERE) {
          own.copy_(noise.narrow(0, start, config.headDim()));
          switch (look) {
            case IMAGES -> awayFromWords(own, ASIDE, query);
            case FOUND -> towardsFound(own, query);
            default -> own.add_(atDistance(look, query));
          }
        }
      }
      return scope.keep(matrix);
    }
  }

  /// What is alike agrees in the slower pairs of columns, which hardly tell places apart; the
  /// slowest one turns heads away from words. [headDim, dim]
  private Tensor alike(Tensor matrix, Look look, boolean query) {
    int half = config.headDim() / 2;
    int turning = firstSlowerThan(HARDLY_ANY_TURN);
    matrix.narrow(1, signs(), SIGNS + MARKS).zero_();
    matrix.narrow(0, 0, turning).zero_();
    matrix.narrow(0, half, turning).zero_();
    slowest(matrix).zero_();
    matrix.narrow(0, config.headDim() - 1L, 1).zero_(); // its other half
    if (look == Look.ALIKE_IN_IMAGES) {
      awayFromWords(matrix, AWAY, query);
    }
    return matrix;
  }

  /// The slowest pair of columns, which hardly turns, meets the marks of words and minds them.
  ///
  /// @param matrix [headDim, dim]
  private void awayFromWords(Tensor matrix, double amplitude, boolean query) {
    double away = (query ? amplitude : -amplitude) / MARKS;
    slowest(matrix).narrow(1, marks(), MARKS).fill_(new Scalar(away));
  }

  /// The first half of the slowest pair. [1, dim]
  private Tensor slowest(Tensor matrix) {
    return matrix.narrow(0, config.headDim() / 2 - 1L, 1);
  }

  /// A word that was found has its marks, and no sign against it.
  ///
  /// @param matrix [headDim, dim]
  private void towardsFound(Tensor matrix, boolean query) {
    Tensor slowest = slowest(matrix); // [1, dim]
    if (query) {
      slowest.narrow(1, marks(), MARKS).fill_(new Scalar(TO_FOUND / MARKS));
    } else {
      slowest.narrow(1, marks(), MARKS).fill_(new Scalar(2 * TO_FOUND / MARKS));
      slowest.narrow(1, signs(), SIGNS).fill_(new Scalar(TO_FOUND / SIGNS));
    }
  }

  /// A mark turned as if it stood some rows back: the rotation then makes it meet the key that
  /// stands there. [headDim, dim]
  private Tensor atDistance(Look look, boolean query) {
    int half = config.headDim() / 2;
    boolean lately = look == Look.LATELY;
    int first = lately ? firstSlowerThan(SLOW_TURN) : 0;
    double amplitude = (lately ? AROUND : NEAR) / MARKS;
    float[] values = new float[config.headDim() * config.dim()];
    for (int pair = first; pair < first + PAIRS; pair++) {
      double angle = query ? look.rowsBack() * frequency(pair) : 0;
      for (int mark = marks(); mark < config.dim(); mark++) {
        values[pair * config.dim() + mark] = (float) (amplitude * Math.cos(angle));
        values[(half + pair) * config.dim() + mark] = (float) (-amplitude * Math.sin(angle));
      }
    }
    return Tensors.ofFloats(values, config.headDim(), config.dim());
  }

  private int firstSlowerThan(double turn) {
    int pair = 0;
    while (pair < config.headDim() / 2 && frequency(pair) > turn) {
      pair++;
    }
    return pair;
  }

  /// Rows of length LOOK, each at right angles to all others: what a few of them see of two words
  /// that have nothing in common is nearer to nothing than with random rows. [heads * headDim, dim]
  private Tensor directions(String name, List<Long> shape) {
    try (Scope scope = new Scope()) {
      return scope.keep(
          torch.linalg_qr(random.normal(name, shape, 1)).get0().mul(new Scalar(LOOK)));
    }
  }

  /// How far a pair of columns turns from row to row.
  private double frequency(int pair) {
    return Math.pow(config.ropeTheta(), -2.0 * pair / config.headDim());
  }

  /// Each head reads a few directions of its own, places, and what other heads found. [heads *
  /// headDim, dim]
  private Tensor values(String name, List<Long> shape, int block) {
    try (Scope scope = new Scope()) {
      Tensor matrix =
          random.normal(
              name, shape, 1 / Math.sqrt((double) config.dim())); // [heads * headDim, dim]
      matrix.narrow(1, places(), PlaceColumns.COUNT + SIGNS + MARKS).zero_();
      for (int head = 0; head < config.numHeads(); head++) {
        boolean finds = look(block, head) == Look.ALIKE_IN_IMAGES;
        for (int i = 0; i < PlaceColumns.COUNT; i++) {
          Tensor row = matrix.select(0, lastValues(head) - PlaceColumns.COUNT + i); // [dim]
          row.zero_();
          row.narrow(0, places() + i, 1).fill_(new Scalar(1));
        }
        for (int i = 0; i < SIGNS; i++) {
          Tensor row = matrix.select(0, lastValues(head) + i); // [dim]
          row.zero_();
          row.narrow(0, (finds ? marks() : signs()) + i, 1).fill_(new Scalar(1));
        }
      }
      return scope.keep(matrix);
    }
  }

  private long lastValues(int head) {
    return (head + 1L) * config.headDim() - SIGNS;
  }

  /// The values' transpose: what a head reads in a direction it adds in it. [dim, heads * headDim]
  private Tensor added(String valuesName, List<Long> shape, int block) {
    try (Scope scope = new Scope()) {
      Tensor matrix =
          values(valuesName, shape, block).t().contiguous().mul_(new Scalar(COPIED)); // [dim, ...]
      for (int head = 0; head < config.numHeads(); head++) {
        boolean finds = look(block, head) == Look.ALIKE_IN_IMAGES;
        for (int i = 0; i < SIGNS; i++) {
          Tensor column = matrix.select(1, lastValues(head) + i); // [dim]
          column.zero_();
          column.narrow(0, signs() + i, 1).fill_(new Scalar(finds ? -COPIED : COPIED));
        }
      }
      return scope.keep(matrix);
    }
  }
}
