package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.data.Sample;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.image.ImageMode;
import llava4j.image.Preprocessor;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import llava4j.tensor.Device;
import llava4j.tensor.Tensors;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.batch.MaskRule;
import llava4j.train.config.LoraSettings;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.config.TrainConfig.Batching;
import llava4j.train.config.TrainConfig.Data;
import llava4j.train.config.TrainConfig.Execution;
import llava4j.train.config.TrainConfig.Images;
import llava4j.train.config.TrainConfig.LossAverage;
import llava4j.train.config.TrainConfig.Optimization;
import llava4j.train.config.TrainConfig.Order;
import llava4j.train.config.TrainConfig.Precision;
import llava4j.train.config.TrainConfig.Saving;
import llava4j.train.config.TrainConfig.Stage;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.model.InitialWeights;
import llava4j.train.model.TrainingModel;
import llava4j.train.optim.LearningRateSchedule;
import llava4j.train.shard.ZeroStage;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.databind.JsonNode;

/// The runs of the reference: configurations, batches and expected curves.
final class GoldenTraining implements AutoCloseable {
  private final Checkpoint base = open();
  private final Map<String, Batch.Image> images = new HashMap<>();

  /// Repeats one run of the reference and compares every number.
  ///
  /// @param microBatches number of equal parts into which a step's batch is divided, over all
  ///   processes
  void check(
      String run, ZeroStage zero, LossAverage average, int microBatches, ProcessGroup group) {
    int batch = expected(run).get("settings").get("batch").asInt();
    assertThat(batch % microBatches).as("samples left over of a batch of " + batch).isZero();
    int deviceBatch = batch / microBatches;
    TrainConfig config = config(run, zero, average, deviceBatch);
    GoldenOutcome outcome = new GoldenOutcome(run);
    int steps = expected(run).get("settings").get("steps").asInt();
    Map<String, GoldenTensor> start =
        config.lora() == null ? Map.of() : Golden.tensors("training/lora_start.safetensors");
    Assembly.Resources site = new Assembly.Resources(group, new Device.Cpu(), Optional.empty());
    try (Assembly assembly =
        new Assembly(config, base, site, steps, initial(config, start), TrainingModel::of)) {
      for (int step = 0; step < steps; step++) {
        List<Batch> all = batches(run, step, deviceBatch);
        List<Batch> own = new ArrayList<>();
        for (int i = group.rank(); i < all.size(); i += group.size()) {
          own.add(all.get(i));
        }
        outcome.checkStep(step, assembly.learner().step(step, own, false));
      }
      outcome.checkFinal(assembly.units(), base, start);
    }
  }

  private Function<String, Tensor> initial(TrainConfig config, Map<String, GoldenTensor> start) {
    InitialWeights ordinary =
        new InitialWeights(base.config(), base.weights(), config.lora(), config.execution().seed());
    return name -> {
      GoldenTensor given = start.get(GoldenOutcome.original(name));
      return given == null ? ordinary.apply(name) : Tensors.ofFloats(given.floats(), given.shape());
    };
  }

  @Override
  public void close() {
    base.close();
  }

  static Checkpoint open() {
    return new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original"));
  }

  static JsonNode expected(String run) {
    return Golden.json("training/" + run + ".json");
  }

  static TrainConfig config(String run, ZeroStage zero, LossAverage average, int deviceBatch) {
    JsonNode settings = expected(run).get("settings");
    boolean lora = settings.get("lora").asBoolean();
    boolean stage1 = settings.get("stage").asInt() == 1;
    return new TrainConfig(
        run,
        stage1 ? Stage.CONNECTOR : lora ? Stage.ADAPTER : Stage.FULL,
        false,
        lora ? new LoraSettings(8, 16, 0, LoraSettings.ALL_LINEAR) : null,
        false,
        new Data(
            stage1 ? ConversationTemplate.PLAIN : ConversationTemplate.VICUNA_V1,
            MaskRule.REFERENCE,
            Images.PAD,
            DecodeOptions.DEFAULT_MAX_PIXELS,
            Golden.json(batches(run)).get("max_length").asInt(),
            Order.SEQUENTIAL,
            false,
            0,
            2),
        new Batching(
            settings.get("batch").asInt(), deviceBatch, 1, OptionalLong.empty(), average, 64),
        new Optimization(
            settings.get("lr").asDouble(),
            settings.get("projector_lr").isNull()
                ? OptionalDouble.empty()
                : OptionalDouble.of(settings.get("projector_lr").asDouble()),
            OptionalDouble.empty(),
            settings.get("weight_decay").asDouble(),
            0.9,
            0.999,
            1e-8,
            LearningRateSchedule.COSINE,
            0.03,
            settings.get("max_grad_norm").asDouble()),
        new Execution(Precision.FP32, zero, Activation.RECOMPUTE, 0),
        new Saving(1000, 1));
  }

  /// The reference's batch of one step, divided into micro-batches.
  private List<Batch> batches(String run, int step, int deviceBatch) {
    JsonNode batch = Golden.json(batches(run)).get("steps").get(step);
    List<Batch> micro = new ArrayList<>();
    List<Batch.Item> items = new ArrayList<>();
    for (int i = 0; i < batch.get("input_ids").size(); i++) {
      int length = 0;
      for (JsonNode one : batch.get("attention_mask").get(i)) {
        length += one.asInt();
      }
      LabelledTokens tokens =
          new LabelledTokens(
              Arrays.copyOf(Golden.ints(batch.get("input_ids").get(i)), length),
              Arrays.copyOf(Golden.ints(batch.get("labels").get(i)), length));
      JsonNode image = batch.get("images").get(i);
      items.add(
          new Batch.Item(
              i,
              new Sample(run + "/" + step + "/" + i, Optional.empty(), List.of()),
              tokens,
              image.isNull()
                  ? List.of()
                  : List.of(images.computeIfAbsent(image.asString(), this::image))));
      if (items.size() == deviceBatch) {
        micro.add(new Batch(items));
        items.clear();
      }
    }
    return micro;
  }

  private Batch.Image image(String name) {
    try {
      byte[] file = Files.readAllBytes(Golden.path("images/" + name));
      return new Batch.Image(
          new Preprocessor(base.imageProcessor(), new ImageMode.Pad())
              .process(ImageDecoder.decode(file, name).image()),
          name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String batches(String run) {
    return "training/" + run.substring(0, "stage1".length()) + "_batches.json";
  }
}
