package llava4j.train;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.config.TextConfig;
import llava4j.tensor.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// What a language model begins with, so that it soon compares a question's words with a picture's
/// rows.
///
/// Words have length 1 a column and blocks add little to it, so that what a word is outlives the
/// first block. In all blocks but the first, half of the heads have their queries for keys: such a
/// head looks at what is like its own row, wherever it stands. Only the slower half of the rotary
/// pairs takes part, since the faster ones would tell places apart instead.
final class FreshDecoder {
  private static final Pattern ATTENTION =
      Pattern.compile("\\blayers\\.([0-9]+)\\.self_attn\\.([qk])_proj\\.weight$");

  private static final double QUIET = 0.1; // what blocks add, against CLIP's rule
  private static final double LOOK = 2; // queries' deviation against a fresh matrix's

  private final TextConfig config;
  private final SeededTensors random;

  FreshDecoder(TextConfig config, SeededTensors random) {
    this.config = config;
    this.random = random;
  }

  /// Values of a matrix or of a norm's weights; names as in Hugging Face's files.
  Tensor of(String name, List<Long> shape) {
    if (name.endsWith("norm.weight")) {
      return random.constant(shape, isLastNorm(name) ? lastNorm() : 1);
    }
    if (name.endsWith("embed_tokens.weight")) {
      return random.normal(name, shape, 1);
    }
    double whole = 1 / Math.sqrt((double) shape.getLast());
    Matcher attention = ATTENTION.matcher(name);
    if (attention.find() && looksAtItsLike(Integer.parseInt(attention.group(1)))) {
      return attention.group(2).equals("q")
          ? queries(name, shape, whole)
          : keys(name, shape, whole);
    }
    boolean added = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
    double deviation = added ? QUIET * whole / Math.sqrt(2.0 * config.numLayers()) : whole;
    return random.normal(name, shape, deviation);
  }

  /// With tied embeddings, logits are products of vectors of that length.
  private double lastNorm() {
    return config.tieEmbeddings() ? 1 / Math.sqrt(config.dim()) : 1;
  }

  private static boolean isLastNorm(String name) {
    return !name.contains("layers.");
  }

  /// Grouped heads share their keys, so that a query cannot be its key.
  private boolean looksAtItsLike(int block) {
    return block > 0 && config.numHeads() == config.numKvHeads();
  }

  /// The first half of the heads: nothing in the faster pairs. [heads * headDim, dim]
  private Tensor queries(String name, List<Long> shape, double whole) {
    try (Scope scope = new Scope()) {
      Tensor matrix = random.normal(name, shape, whole); // [heads * headDim, dim]
      int quarter = config.headDim() / 4; // pairs that take part
      for (int head = 0; head < config.numHeads() / 2; head++) {
        for (int part = 0; part < 2; part++) { // a pair is a column and the one half a head on
          long start = head * (long) config.headDim() + part * 2L * quarter;
          matrix.narrow(0, start, quarter).zero_();
          matrix.narrow(0, start + quarter, quarter).mul_(new Scalar(LOOK));
        }
      }
      return scope.keep(matrix);
    }
  }

  /// Those heads' queries, and random keys for the others. [heads * headDim, dim]
  private Tensor keys(String name, List<Long> shape, double whole) {
    try (Scope scope = new Scope()) {
      Tensor matrix = random.normal(name, shape, whole); // [heads * headDim, dim]
      Tensor queries = queries(name.replace("k_proj", "q_proj"), shape, whole);
      long rows = (long) (config.numHeads() / 2) * config.headDim();
      matrix.narrow(0, 0, rows).copy_(queries.narrow(0, 0, rows));
      return scope.keep(matrix);
    }
  }
}
