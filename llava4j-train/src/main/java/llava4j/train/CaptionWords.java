package llava4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.model.Projector;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Stage 0 of a vision tower: which words does the caption have? (Classification over a frozen text
/// encoder's vocabulary instead of a contrast of pairs, arXiv 2411.03313: no negatives, so small
/// batches do.)
///
/// A picture is the mean of its rows behind the connector. Its logits are the cosines to every row
/// of the language model's embedding table, less the table's mean; the table is frozen. So tower
/// and connector learn to speak the language model's words. The target is the caption's tokens,
/// each weighted by how rare it is among the batch's captions; the loss is the divergence from it,
/// 0 at best.
final class CaptionWords implements Objective {
  /// Keeps a word that all captions have from weighing nothing at all.
  private static final double EVEN = 0.05;

  private static final double TEMPERATURE = 0.04;

  private final LlavaConfig config;
  private final Device device;
  private final BatchPlanner planner;
  private final ModelUnits units;
  private final VisionFeatures vision;

  CaptionWords(
      LlavaConfig config,
      Device device,
      BatchPlanner planner,
      ModelUnits units,
      VisionFeatures vision) {
    this.config = config;
    this.device = device;
    this.planner = planner;
    this.units = units;
    this.vision = vision;
  }

  @Override
  public Planned plan(Batch batch) {
    for (Batch.Item item : batch.samples()) {
      if (item.pictures().size() != 1 || item.pictures().getFirst().pixels().views() != 1) {
        throw new BadInputException(
            "sample '" + item.id() + "' has no picture of one view; stage tower needs one each");
      }
    }
    return planner.plan(batch);
  }

  @Override
  public double forwardBackward(Planned planned, double scale, long seed) {
    Batch batch = planned.batch();
    double supervised = planned.supervised();
    try (Scope _ = new Scope();
        ParameterUnit.Gathered projector = units.unit(ModelUnits.PROJECTOR).gather().await();
        ParameterUnit.Gathered tower = units.unit(ModelUnits.TOWER).gather().await();
        ParameterUnit.Gathered table = units.unit("embedding").gather().await()) {
      Tensor words = words(table.parameters().get(LossHead.EMBEDDING)); // [vocab, dim]
      Tensor wanted = wanted(batch, words); // [n, vocab]
      Map<String, Tensor> parameters = new LinkedHashMap<>(projector.parameters());
      parameters.putAll(tower.parameters());
      Tensor loss; // []
      try (GradientMode _ = GradientMode.recorded()) {
        Tensor features = vision.of(batch.pictures(), parameters); // [n, rows, visionDim]
        Tensor rows =
            new Projector(
                    config.projector(),
                    features.size(1),
                    new HeldParameters(parameters, Map.of(), null))
                .forward(features); // [n, rows, dim]
        loss = divergence(unit(rows.mean(1)), words, wanted);
      }
      Tensor weight = torch.full_like(loss.detach(), new Scalar(scale * supervised));
      Map<String, Tensor> gradients =
          Gradients.of(List.of(loss), List.of(weight), List.of(), parameters).ofParameters();
      units.unit(ModelUnits.PROJECTOR).accumulate(part(gradients, projector));
      units.unit(ModelUnits.TOWER).accumulate(part(gradients, tower));
      return loss.item_double() * supervised;
    }
  }

  /// Directions of all words. [vocab, dim]
  private static Tensor words(Tensor table) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      Tensor given = table.detach(); // [vocab, dim]
      return scope.keep(unit(given.sub(given.mean(new long[] {0}, true, null))));
    }
  }

  /// Ids that are said, without the question and the picture.
  private static int[] caption(Batch.Item item) {
    int[] ids = item.tokens().ids();
    int[] labels = item.tokens().labels();
    return IntStream.range(0, ids.length)
        .filter(i -> labels[i] != LabelledTokens.IGNORED)
        .map(i -> ids[i])
        .toArray();
  }

  /// Shares of the words in each caption: a row sums to 1. [n, vocab]
  private Tensor wanted(Batch batch, Tensor words) {
    int size = batch.samples().size();
    int vocab = (int) words.size(0);
    List<int[]> captions = batch.samples().stream().map(CaptionWords::caption).toList();
    int[] within = new int[vocab]; // captions that have the word
    captions.forEach(caption -> IntStream.of(caption).distinct().forEach(id -> within[id]++));
    float[] shares = new float[size * vocab];
    for (int i = 0; i < size; i++) {
      double[] weights =
          IntStream.of(captions.get(i))
              .mapToDouble(id -> Math.log((size + EVEN) / within[id]))
              .toArray();
      double sum = DoubleStream.of(weights).sum();
      for (int j = 0; j < weights.length; j++) {
        shares[i * vocab + captions.get(i)[j]] += (float) (weights[j] / sum);
      }
    }
    return Tensors.ofFloats(shares, size, vocab).to(device.torchDevice(), words.scalar_type());
  }

  private static Tensor divergence(Tensor pictures, Tensor words, Tensor wanted) {
    Tensor logits = pictures.mm(words.t()).div(new Scalar(TEMPERATURE)); // [n, vocab]
    Tensor log = wanted.clamp_min(new Scalar(1e-30)).log(); // [n, vocab]
    Tensor apart = wanted.mul(log.sub(logits.log_softmax(1))); // [n, vocab]
    return apart.sum(1).mean();
  }

  private static Tensor unit(Tensor rows) {
    Tensor norms =
        rows.norm(new org.bytedeco.pytorch.ScalarOptional(new Scalar(2)), new long[] {1}, true);
    return rows.div(norms.clamp_min(new Scalar(1e-8)));
  }

  private static Map<String, Tensor> part(
      Map<String, Tensor> gradients, ParameterUnit.Gathered gathered) {
    Map<String, Tensor> own = new LinkedHashMap<>();
    gathered
        .parameters()
        .keySet()
        .forEach(name -> {
          if (gradients.containsKey(name)) {
            own.put(name, gradients.get(name));
          }
        });
    return own;
  }
}
