package llava4j.cli.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.model.load.LoadProgress;
import llava4j.model.load.SmallModel;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import llava4j.text.tokenizer.Tokenizer;
import org.bytedeco.pytorch.Tensor;

/// How far a quantised model's predictions are from the original's: the Kullback-Leibler divergence
/// of the next token's distribution, averaged over the tokens of a few texts.
///
/// @param divergence in nats per token; 0 for equal distributions
/// @param sameTop share of the tokens after which both have the same most likely token
record QuantizationCheck(double divergence, double sameTop, int tokens) {
  private static final List<String> TEXTS =
      List.of(
          "The photo shows two people who walk along a beach in the evening. One of them carries a red"
              + " umbrella, although it does not rain.",
          "USER: What is the animal on the left doing? ASSISTANT: The dog on the left is lying on the"
              + " grass and looks at a yellow ball.",
          "A short list of what stands on the table: a blue cup, three apples, a newspaper, and a lamp"
              + " that is switched off.");

  /// Runs both models, one after the other.
  ///
  /// @param source opened; closed by this method
  /// @param quantized the folder of the quantised model
  static QuantizationCheck of(Checkpoint source, Path quantized) {
    List<int[]> texts = new ArrayList<>();
    try (Tokenizer tokenizer = source.tokenizer().get()) {
      TEXTS.forEach(text -> texts.add(tokenizer.encode(text, tokenizer.addsBos())));
    }
    List<double[]> exact = predictions(source, texts);
    Checkpoint written = new CheckpointOpener(CheckpointOptions.none()).open(quantized.toString());
    return of(exact, predictions(written, texts));
  }

  /// Compares log-probabilities, one array for each token.
  static QuantizationCheck of(List<double[]> exact, List<double[]> found) {
    double sum = 0;
    int same = 0;
    for (int i = 0; i < exact.size(); i++) {
      double[] p = exact.get(i);
      double[] q = found.get(i);
      int top = 0;
      int topFound = 0;
      for (int id = 0; id < Math.min(p.length, q.length); id++) {
        sum += Math.exp(p[id]) * (p[id] - q[id]);
        top = p[id] > p[top] ? id : top;
        topFound = q[id] > q[topFound] ? id : topFound;
      }
      same += top == topFound ? 1 : 0;
    }
    return new QuantizationCheck(sum / exact.size(), (double) same / exact.size(), exact.size());
  }

  /// One line for the user.
  String sentence() {
    return String.format(
        Locale.ROOT,
        "KL divergence from the original: %.5f nats per token; the same most likely token after %.1f %%"
            + " of %d tokens of text",
        divergence,
        100 * sameTop,
        tokens);
  }

  /// The log-probabilities after each token of the texts. The model closes the checkpoint.
  private static List<double[]> predictions(Checkpoint checkpoint, List<int[]> texts) {
    Device device = new Device.Cpu();
    List<double[]> all = new ArrayList<>();
    WeightFormat format =
        SmallModel.format(checkpoint.inferenceWeights(), device, WeightFormat.AUTO);
    try (LlavaModel model =
        LlavaModel.load(
            checkpoint.config(),
            checkpoint.inferenceWeights(),
            checkpoint.location().toString(),
            device,
            format,
            LoadProgress.NONE)) {
      for (int[] ids : texts) {
        try (Scope _ = new Scope();
            KvCache cache = model.languageModel().newCache()) {
          Tensor embeddings = model.languageModel().embed(ids).unsqueeze(0); // [1, tokens, dim]
          Tensor hidden = model.languageModel().forward(embeddings, cache); // [1, tokens, dim]
          Tensor logits = model.languageModel().logits(hidden).squeeze(0);
          for (int row = 0; row < ids.length; row++) {
            all.add(logProbabilities(Tensors.toFloats(logits.select(0, row))));
          }
        }
      }
    }
    return all;
  }

  private static double[] logProbabilities(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double[] result = new double[logits.length];
    for (int id = 0; id < logits.length; id++) {
      result[id] = logits[id] - largest - Math.log(sum);
    }
    return result;
  }
}
