package llava4j.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import llava4j.config.LlavaConfig;
import llava4j.error.BadInputException;
import llava4j.model.Projector;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Stage 0 of a vision tower: which words does the caption have? (Classification instead of a
/// contrast of pairs, arXiv 2411.03313, over the vocabulary of a frozen text encoder.)
///
/// A picture is the mean of its rows behind the connector. Its logits are the cosines to the rows
/// of the language model's embedding table, less the table's mean; the table is frozen. So tower
/// and connector learn to speak the language model's words. Classes are the words that the batch's
/// captions have: a mean of a few hundred columns cannot keep thousands of others away. The target
/// is the caption's words, each weighted by how rare it is in the batch; the loss is the divergence
/// from it, 0 at best.
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
      List<int[]> captions = batch.samples().stream().map(CaptionWords::caption).toList();
      int[] classes = captions.stream().flatMapToInt(IntStream::of).distinct().sorted().toArray();
      Tensor words = words(table.parameters().get(LossHead.EMBEDDING), classes); // [classes, dim]
      Tensor wanted = wanted(captions, classes, words); // [n, classes]
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
        loss = divergence(unit(exact(rows.mean(1))), words, wanted);
      }
      Tensor weight = torch.full_like(loss.detach(), new Scalar(scale * supervised));
      Map<String, Tensor> gradients =
          Gradients.of(List.of(loss), List.of(weight), List.of(), parameters).ofParameters();
      units.unit(ModelUnits.PROJECTOR).accumulate(part(gradients, projector));
      units.unit(ModelUnits.TOWER).accumulate(part(gradients, tower));
      return loss.item_double() * supervised;
    }
  }

  /// Directions of words. [classes, dim]
  private Tensor words(Tensor table, int[] classes) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      Tensor given = exact(table.detach()); // [vocab, dim]
      long[] ids = Arrays.stream(classes).asLongStream().toArray();
      Tensor index =
          Tensors.ofLongs(ids, ids.length).to(device.torchDevice(), torch.ScalarType.Long);
      Tensor middle = given.mean(new long[] {0}, true, null); // [1, dim]
      return scope.keep(unit(given.index_select(0, index).sub(middle)));
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

  /// Shares of the words in each caption: a row sums to 1. [n, classes]
  private Tensor wanted(List<int[]> captions, int[] classes, Tensor words) {
    int size = captions.size();
    int[] within = new int[classes.length]; // captions that have the word
    for (int[] caption : captions) {
      IntStream.of(caption).distinct().forEach(id -> within[Arrays.binarySearch(classes, id)]++);
    }
    float[] shares = new float[size * classes.length];
    for (int i = 0; i < size; i++) {
      int[] columns =
          IntStream.of(captions.get(i)).map(id -> Arrays.binarySearch(classes, id)).toArray();
      double[] weights =
          IntStream.of(columns)
              .mapToDouble(column -> Math.log((size + EVEN) / within[column]))
              .toArray();
      double sum = DoubleStream.of(weights).sum();
      for (int j = 0; j < columns.length; j++) {
        shares[i * classes.length + columns[j]] += (float) (weights[j] / sum);
      }
    }
    return Tensors.ofFloats(shares, size, classes.length)
        .to(device.torchDevice(), words.scalar_type());
  }

  private static Tensor divergence(Tensor pictures, Tensor words, Tensor wanted) {
    Tensor logits = pictures.mm(words.t()).div(new Scalar(TEMPERATURE)); // [n, classes]
    Tensor log = wanted.clamp_min(new Scalar(1e-30)).log(); // [n, classes]
    Tensor apart = wanted.mul(log.sub(logits.log_softmax(1))); // [n, classes]
    return apart.sum(1).mean();
  }

  /// Cosines that are told apart by hundredths need more than bfloat16's eight bits.
  private static Tensor exact(Tensor tensor) {
    return Tensors.type(tensor) == DType.BF16 ? tensor.to(torch.ScalarType.Float) : tensor;
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
