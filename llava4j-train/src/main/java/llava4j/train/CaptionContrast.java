package llava4j.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

/// Stage 0 of a vision tower: pictures beside their captions, the right pair of a batch against all
/// others (InfoNCE in both directions, as CLIP's pretraining).
///
/// A picture is the mean of its rows behind the connector. A caption is the mean of its tokens in
/// the language model's embedding table, less the batch's mean; the table is frozen. So tower and
/// connector learn to speak the language model's words. Equal captions are right for each other.
final class CaptionContrast implements Objective {
  private static final double TEMPERATURE = 0.07;

  private final LlavaConfig config;
  private final Device device;
  private final BatchPlanner planner;
  private final ModelUnits units;
  private final VisionFeatures vision;

  CaptionContrast(
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
      Tensor captions = captions(batch, table.parameters().get(LossHead.EMBEDDING)); // [n, dim]
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
        loss = loss(unit(rows.mean(1)), captions, samePairs(batch, captions));
      }
      Tensor weight = torch.full_like(loss.detach(), new Scalar(scale * supervised));
      Map<String, Tensor> gradients =
          Gradients.of(List.of(loss), List.of(weight), List.of(), parameters).ofParameters();
      units.unit(ModelUnits.PROJECTOR).accumulate(part(gradients, projector));
      units.unit(ModelUnits.TOWER).accumulate(part(gradients, tower));
      return loss.item_double() * supervised;
    }
  }

  /// Directions of the captions, which are given. [n, dim]
  private Tensor captions(Batch batch, Tensor table) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      List<Tensor> means = new ArrayList<>();
      for (Batch.Item item : batch.samples()) {
        long[] ids = Arrays.stream(caption(item)).asLongStream().toArray();
        Tensor index =
            Tensors.ofLongs(ids, ids.length).to(device.torchDevice(), torch.ScalarType.Long);
        means.add(table.detach().index_select(0, index).mean(0).unsqueeze(0)); // [1, dim]
      }
      Tensor all = Tensors.concatenate(means, 0); // [n, dim]
      return scope.keep(unit(all.sub(all.mean(new long[] {0}, true, null))));
    }
  }

  /// Ids that are said, without the question and the picture.
  private static int[] caption(Batch.Item item) {
    int[] ids = item.tokens().ids();
    int[] labels = item.tokens().labels();
    return java.util.stream.IntStream.range(0, ids.length)
        .filter(i -> labels[i] != LabelledTokens.IGNORED)
        .map(i -> ids[i])
        .toArray();
  }

  /// Which caption belongs to which picture: a row sums to 1. [n, n]
  private Tensor samePairs(Batch batch, Tensor like) {
    int size = batch.samples().size();
    float[] pairs = new float[size * size];
    for (int i = 0; i < size; i++) {
      int[] caption = caption(batch.samples().get(i));
      boolean[] same = new boolean[size];
      int count = 0;
      for (int j = 0; j < size; j++) {
        same[j] = Arrays.equals(caption, caption(batch.samples().get(j)));
        count += same[j] ? 1 : 0;
      }
      for (int j = 0; j < size; j++) {
        pairs[i * size + j] = same[j] ? 1f / count : 0;
      }
    }
    return Tensors.ofFloats(pairs, size, size).to(device.torchDevice(), like.scalar_type());
  }

  private static Tensor loss(Tensor pictures, Tensor captions, Tensor pairs) {
    Tensor logits = pictures.mm(captions.t()).div(new Scalar(TEMPERATURE)); // [n, n]
    Tensor both = crossEntropy(logits, pairs).add(crossEntropy(logits.t(), pairs));
    return both.mul(new Scalar(0.5));
  }

  private static Tensor crossEntropy(Tensor logits, Tensor pairs) {
    Tensor ofRows = logits.log_softmax(1).mul(pairs).sum(1); // [n]
    return ofRows.mean().neg();
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
