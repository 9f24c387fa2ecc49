package llava4j.model.plan;

import llava4j.checkpoint.weights.ParameterTable;
import llava4j.config.LlavaConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.error.BadInputException;
import llava4j.model.load.MemoryPlan;

/// What a server could do on a device: memory of a sequence, sequences at once, requests a second.
///
/// A decode step reads the weights once for all sequences and each sequence's keys and values, or
/// multiplies, whichever takes longer. A request costs its image, its prompt and its share of the
/// decode steps. Beginnings that requests share are not counted, and neither is time between
/// requests.
///
/// @param model shapes of the model
/// @param memory of the model on the device
/// @param stepBytes of weights that a decode step reads
/// @param load a request
/// @param host the device
public record ServingPlan(
    LlavaConfig model, MemoryPlan memory, long stepBytes, Load load, ServingHost host) {
  /// Java, libtorch and their buffers.
  private static final long RUNTIME = 600L << 20;

  /// Operators of a block in a decode step.
  private static final int OPERATORS = 22;

  /// A request.
  ///
  /// @param promptTokens tokens of the prompt, image tokens included
  /// @param answerTokens tokens of the answer
  /// @param views images, or tiles of them
  public record Load(int promptTokens, int answerTokens, int views) {
    public Load {
      if (promptTokens < 1 || answerTokens < 1 || views < 0) {
        throw new BadInputException(
            "a request needs at least one token of a prompt and of an answer, not "
                + promptTokens
                + " and "
                + answerTokens);
      }
    }

    /// Tokens of a whole sequence.
    public long tokens() {
      return (long) promptTokens + answerTokens;
    }
  }

  /// @throws BadInputException if a request is longer than the model's context
  public ServingPlan {
    if (load.tokens() > memory.contextLength()) {
      throw new BadInputException(
          "a prompt of "
              + load.promptTokens()
              + " tokens and an answer of "
              + load.answerTokens()
              + " do not fit into the model's context of "
              + memory.contextLength());
    }
  }

  /// Bytes of keys and values of one request.
  public long sequenceBytes() {
    return memory.cacheBytesPerToken() * load.tokens();
  }

  /// How many requests fit beside the weights; 0 if not even one does.
  public long sequences() {
    long free =
        host.memoryBytes()
            - memory.weightBytes()
            - RUNTIME
            - memory.workBytesPerToken() * load.promptTokens();
    return Math.max(0, free / sequenceBytes());
  }

  /// Seconds from an image to its rows.
  public double imageSeconds() {
    VisionConfig vision = model.vision();
    double rows = load.views() * (vision.numPatches() + 1.0);
    double dim = vision.dim();
    double block = 2 * (4 * dim * dim + 2 * dim * vision.intermediateDim());
    double attention = 4 * (vision.numPatches() + 1.0) * dim;
    double projector =
        2.0
            * load.views()
            * vision.rowsPerView()
            * ParameterTable.of(model).numParameters("projector.");
    return (rows * vision.layersToRun() * (block + attention) + projector) / host.flops();
  }

  /// Seconds from a prompt to its first token, without the image.
  public double promptSeconds() {
    double tokens = load.promptTokens();
    double operations = tokens * perToken() + attention(tokens * tokens / 2) + head();
    return Math.max(
        launchSeconds(), Math.max(operations / host.flops(), stepBytes / host.bandwidth()));
  }

  /// Seconds from a request to the first token of its answer, if nobody waits before it.
  public double firstTokenSeconds() {
    return imageSeconds() + promptSeconds();
  }

  /// Seconds of a step in which so many sequences get a token each.
  public double stepSeconds(long sequences) {
    double length = load.promptTokens() + load.answerTokens() / 2.0;
    double read = stepBytes + sequences * length * memory.cacheBytesPerToken();
    double operations = sequences * (perToken() + head() + attention(length));
    return Math.max(launchSeconds(), Math.max(read / host.bandwidth(), operations / host.flops()));
  }

  private double launchSeconds() {
    return (double) OPERATORS * model.text().numLayers() * host.launchSeconds();
  }

  /// Tokens a second of all sequences together, while all are answered.
  public double tokensPerSecond(long sequences) {
    return sequences / stepSeconds(sequences);
  }

  /// Requests a second if so many are worked on at any time.
  public double requestsPerSecond(long sequences) {
    double steps = load.answerTokens() * stepSeconds(sequences) / sequences;
    return 1 / (firstTokenSeconds() + steps);
  }

  private double perToken() {
    return 2.0 * ParameterTable.of(model).numParameters("language_model.layers.");
  }

  private double head() {
    return 2.0 * model.text().vocab() * model.text().dim();
  }

  /// @param pairs of a query and a key
  private double attention(double pairs) {
    TextConfig text = model.text();
    return 4.0 * pairs * text.numHeads() * text.headDim() * text.numLayers();
  }
}
