package llava4j.train.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llava4j.config.LlavaConfig;
import llava4j.model.Projector;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.batch.Batch.Image;
import llava4j.train.batch.SequencePlan;
import llava4j.train.shard.ParameterUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Computes the input embeddings from images and token ids: vision tower, projector, embedding
/// table, splice.
final class InputStage {
  private final LlavaConfig config;
  private final ModelUnits units;
  private final VisionFeatures vision;
  private final Device device;

  InputStage(LlavaConfig config, ModelUnits units, VisionFeatures vision, Device device) {
    this.config = config;
    this.units = units;
    this.vision = vision;
    this.device = device;
  }

  /// The result of forward, which backward needs.
  ///
  /// @param embeddings [sequences, tokens, dim], a leaf without a graph
  /// @param rows image features after the projector with their graph, followed by the
  ///   `image_newline` vector if the model has one, [imageRows, dim]; null without images
  /// @param parameters parameters of projector, `image_newline` and vision tower that `rows`
  ///   depends on
  record Result(Tensor embeddings, Tensor rows, Map<String, Tensor> parameters) {}

  Result forward(SequencePlan plan, List<Image> images) {
    try (Scope scope = new Scope();
        ParameterUnit.Gathered projector = units.unit(ModelUnits.PROJECTOR).gather().await();
        ParameterUnit.Gathered table = units.unit("embedding").gather().await();
        ParameterUnit.Gathered newline = gatherIfPresent(ModelUnits.NEWLINE);
        ParameterUnit.Gathered tower = gatherIfPresent(ModelUnits.TOWER)) {
      Map<String, Tensor> parameters = new LinkedHashMap<>(projector.parameters());
      for (ParameterUnit.Gathered other : new ParameterUnit.Gathered[] {newline, tower}) {
        if (other != null) {
          parameters.putAll(other.parameters());
        }
      }
      Tensor rows = images.isEmpty() ? null : scope.keep(imageRows(images, parameters));
      parameters.values().forEach(scope::keep);
      Tensor embeddings =
          splice(
              plan, table.parameters().get(ModelUnits.EMBEDDING), rows); // [sequences, tokens, dim]
      return new Result(scope.keep(embeddings), rows, parameters);
    }
  }

  /// Adds the gradients of embedding table, projector, `image_newline` and vision tower to their
  /// units.
  ///
  /// @param gradient gradient of the embeddings, [sequences, tokens, dim]
  void backward(SequencePlan plan, Result forward, Tensor gradient) {
    try (Scope _ = new Scope()) {
      Tensor flat = gradient.flatten(0, 1); // [rows, dim]
      Map<String, Tensor> gradients = Map.of();
      if (forward.rows() != null) {
        gradients =
            Gradients.of(
                    List.of(forward.rows()),
                    List.of(gradientOfImageRows(plan, forward.rows(), flat)),
                    List.of(),
                    forward.parameters())
                .ofParameters();
      }
      accumulate(ModelUnits.TOWER, gradients);
      accumulate(ModelUnits.PROJECTOR, gradients);
      accumulate(ModelUnits.NEWLINE, gradients);
      ParameterUnit table = units.unit("embedding");
      if (table.isTrainable()) {
        Tensor rows = index(plan.textRows()); // [textRows]
        table.accumulateRows(
            ModelUnits.EMBEDDING, ids(plan).index_select(0, rows), flat.index_select(0, rows));
        table.complete();
      }
    }
  }

  /// Gradient of `rows`, [imageRows, dim]. `image_newline` is used at hundreds of positions, whose
  /// gradients bf16 could not sum accurately, so they are summed in fp32 (fp64 with fp64 training).
  private Tensor gradientOfImageRows(SequencePlan plan, Tensor rows, Tensor flat) {
    Tensor sum = Tensors.exact(torch.zeros_like(rows)); // [imageRows, dim]
    Tensor each = flat.index_select(0, index(plan.imageRows())).to(sum.dtype()); // [n, dim]
    return sum.index_add_(0, index(plan.imageSources()), each).to(rows.dtype());
  }

  private Tensor imageRows(List<Image> images, Map<String, Tensor> parameters) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.recorded()) {
      Tensor features = vision.of(images, parameters); // [views, rows, visionDim]
      Projector projector =
          new Projector(
              config.projector(),
              features.size(1),
              new GatheredParameters(parameters, Map.of(), null));
      Tensor rows = projector.forward(features).flatten(0, 1); // [views * rows, dim]
      Tensor newline = parameters.get(ModelUnits.NEWLINE); // [dim] or null
      return scope.keep(
          newline == null
              ? rows
              : Tensors.concatenate(List.of(rows, newline.unsqueeze(0)), 0)); // [imageRows, dim]
    }
  }

  /// Looks up the embeddings of all text tokens at once, then copies the image features to their
  /// positions; padding is zero. [sequences, tokens, dim]
  private Tensor splice(SequencePlan plan, Tensor table, Tensor rowsOrNull) {
    try (Scope scope = new Scope();
        GradientMode _ = GradientMode.off()) {
      Tensor flat =
          torch.zeros(
              new long[] {plan.ids().length, config.text().dim()},
              table
                  .options()
                  .requires_grad(new org.bytedeco.pytorch.BoolOptional(false))); // [rows, dim]
      Tensor textRows = index(plan.textRows()); // [textRows]
      Tensor words = table.detach().index_select(0, ids(plan).index_select(0, textRows));
      flat.index_copy_(0, textRows, words);
      if (rowsOrNull != null && plan.imageRows().length > 0) {
        Tensor chosen = rowsOrNull.detach().index_select(0, index(plan.imageSources()));
        flat.index_copy_(0, index(plan.imageRows()), chosen);
      }
      return scope.keep(flat.view(plan.sequences(), plan.tokens(), config.text().dim()));
    }
  }

  private ParameterUnit.Gathered gatherIfPresent(String unit) {
    return units.has(unit) ? units.unit(unit).gather().await() : null;
  }

  private void accumulate(String name, Map<String, Tensor> gradients) {
    if (!units.has(name) || !units.unit(name).isTrainable()) {
      return;
    }
    ParameterUnit unit = units.unit(name);
    Map<String, Tensor> own = new LinkedHashMap<>();
    unit.layout()
        .slots()
        .forEach(slot -> {
          if (gradients.containsKey(slot.name())) {
            own.put(slot.name(), gradients.get(slot.name()));
          }
        });
    unit.accumulate(own);
    unit.complete();
  }

  private Tensor ids(SequencePlan plan) {
    return index(plan.ids()); // [rows]
  }

  private Tensor index(long[] values) {
    return Tensors.ofLongs(values, values.length).to(device.torchDevice(), torch.ScalarType.Long);
  }
}
