package llava4j.train.plan;

import java.util.ArrayList;
import java.util.List;
import llava4j.config.LlavaConfig;
import llava4j.config.ProjectorConfig;
import llava4j.config.TextConfig;
import llava4j.config.VisionConfig;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.train.config.TrainConfig;
import llava4j.train.config.TrainConfig.Activation;
import llava4j.train.forecast.BatchShape;
import llava4j.train.model.UnitShape;
import llava4j.train.plan.Work.Attend;
import llava4j.train.plan.Work.Part;
import llava4j.train.plan.Work.Pass;
import llava4j.train.plan.Work.Product;
import llava4j.train.shard.ZeroStage;

/// All operations of one process in one optimiser step.
///
/// @param work what is computed and communicated
/// @param accumulation micro-batches of a step
public record StepWork(List<Work> work, int accumulation) {
  private static final int COLOURS = 3;
  private static final int NORM_CHUNK = 1 << 18; // as ParameterUnit

  public StepWork {
    work = List.copyOf(work);
  }

  /// The operations of a run.
  ///
  /// @param batch every micro-batch of the process
  /// @throws BadInputException if the batch sizes do not fit the processes, or in stage TOWER,
  ///   whose objective is not known here
  public static StepWork of(
      TrainConfig config, LlavaConfig model, int processes, Device device, BatchShape batch) {
    if (config.stage() == TrainConfig.Stage.TOWER) {
      throw new BadInputException(
          "there is no plan for stage tower, whose step is not that of a LLaVA; use another preset");
    }
    int accumulation = config.batching().accumulation(processes);
    List<UnitShape> units = UnitShape.of(model, config);
    List<Work> work = new ArrayList<>();
    Builder builder = new Builder(config, model, device, batch, accumulation, work);
    builder.tower();
    builder.projector();
    builder.blocks();
    builder.head();
    for (UnitShape unit : units) {
      if (unit.trainable()) {
        builder.gradients(unit, processes);
        builder.update(unit, processes);
      }
    }
    if (processes > 1) {
      work.addAll(new Communication(config, processes, accumulation).of(units));
    }
    return new StepWork(work, accumulation);
  }

  /// Floating point operations of one process, what is computed twice included.
  public double flops() {
    double sum = 0;
    for (Work one : work) {
      sum +=
          switch (one) {
            case Product product -> product.flops() * product.times();
            case Attend attend -> attend.flops() * attend.times();
            case Pass _, Work.Transfer _ -> 0;
          };
    }
    return sum;
  }

  private record Builder(
      TrainConfig config,
      LlavaConfig model,
      Device device,
      BatchShape batch,
      int accumulation,
      List<Work> work) {

    private DType type() {
      return config.execution().precision().type();
    }

    private double exact() {
      return type() == DType.F64 ? DType.F64.bytes() : DType.F32.bytes();
    }

    /// The tower forward; its gradients, if it is trained, cost twice as much again.
    void tower() {
      VisionConfig vision = model.vision();
      double passes = config.parts().visionTower() ? 3.0 : 1.0;
      double times = accumulation * passes * vision.layersToRun();
      double rows = batch.views() * (vision.numPatches() + 1.0);
      double dim = vision.dim();
      double wide = vision.intermediateDim();
      double bytes = config.parts().visionTower() ? type().bytes() : device.computeType().bytes();
      if (rows == 0) {
        return;
      }
      work.add(
          new Product(
              Part.TOWER,
              batch.views() * (double) vision.numPatches(),
              dim,
              COLOURS * (double) vision.patchSize() * vision.patchSize(),
              accumulation * passes));
      work.add(new Product(Part.TOWER, rows, dim, dim, 4 * times));
      work.add(new Product(Part.TOWER, rows, wide, dim, times));
      work.add(new Product(Part.TOWER, rows, dim, wide, times));
      work.add(new Attend(Part.TOWER, 4 * rows * (vision.numPatches() + 1) * dim, times));
      work.add(new Pass(Part.TOWER, 2 * rows * dim * bytes, 6 * times)); // norms, heads
      work.add(new Pass(Part.TOWER, 3 * rows * dim * bytes, 2 * times)); // residuals
      work.add(new Pass(Part.TOWER, 2 * rows * wide * bytes, 3 * times)); // activation
    }

    void projector() {
      double rows = batch.views() * (double) model.vision().rowsPerView();
      double dim = model.text().dim();
      int layers =
          switch (model.projector()) {
            case ProjectorConfig.Mlp(int depth) -> depth;
            case ProjectorConfig.Linear _ -> 1;
            case ProjectorConfig.Identity _ -> 0;
          };
      if (rows == 0) {
        return;
      }
      double times = accumulation;
      for (int layer = 0; layer < layers; layer++) {
        double in = layer == 0 ? model.vision().dim() : dim;
        work.add(new Product(Part.INPUT, rows, dim, in, times));
        work.add(new Product(Part.INPUT, dim, in, rows, times));
        if (layer > 0) {
          work.add(new Product(Part.INPUT, rows, in, dim, times));
        }
      }
      work.add(new Pass(Part.INPUT, 2 * rows * dim * type().bytes(), 4.0 * layers * times));
      work.add(new Pass(Part.INPUT, 2.0 * batch.rows() * dim * type().bytes(), 6 * times));
    }

    void blocks() {
      TextConfig text = model.text();
      BlockWork block = new BlockWork(config, text, batch);
      double each = accumulation;
      int layers = text.numLayers();
      boolean keep = config.execution().activation() == Activation.KEEP;
      int again = keep ? 0 : layers - 1; // the last block's graph is recorded at once
      work.addAll(block.forward(Part.FORWARD, each * again, false));
      work.addAll(block.forward(Part.FORWARD, each * (layers - again), true));
      work.addAll(block.forward(Part.RECOMPUTE, each * again, true));
      work.addAll(block.backward(each * layers));
    }

    void head() {
      double supervised = batch.supervised();
      double chunks = Math.max(1, Math.ceil(supervised / config.batching().lossRows()));
      double rows = supervised / chunks;
      double vocab = model.text().vocab();
      double dim = model.text().dim();
      double times = accumulation * chunks;
      boolean trained = config.parts().languageModel();
      work.add(new Product(Part.HEAD, rows, vocab, dim, times));
      work.add(new Product(Part.HEAD, rows, dim, vocab, times));
      if (trained) {
        work.add(new Product(Part.HEAD, vocab, dim, rows, times));
      }
      double logits = rows * vocab;
      double[] each = // logsumexp in four passes, log probabilities, probabilities, scaled
          new double[] {
            exact(), 2 * exact(), 2 * exact(), exact(), 2 * exact(), 2 * exact(), 2 * exact()
          };
      for (double bytes : each) {
        work.add(new Pass(Part.HEAD, logits * bytes, times));
      }
      if (type().bytes() != exact()) {
        work.add(new Pass(Part.HEAD, logits * (exact() + type().bytes()), 2 * times)); // casts
      }
      if (trained && type().bytes() != exact()) {
        work.add(new Pass(Part.HEAD, vocab * dim * (exact() + type().bytes()), times));
      }
      work.add(new Pass(Part.HEAD, 2.0 * batch.rows() * dim * type().bytes(), accumulation));
    }

    /// What `ParameterUnit.accumulate` does for each micro-batch, and `reduceGradients` once.
    void gradients(UnitShape unit, int processes) {
      ZeroStage zero = config.execution().zero();
      double slots = unit.layout().slots().size();
      double each = unit.elements() / slots;
      double narrow = unit.name().equals("head") ? exact() : type().bytes();
      boolean table = unit.name().equals("embedding");
      double part = (double) unit.elements() / processes;
      if (zero.shardsGradients()) {
        add(unit.elements() * exact(), accumulation); // zeros
        if (!table) {
          add(each * (narrow + exact()), slots * accumulation);
        }
        add(part * exact(), accumulation); // zeros
        add(part * exact(), 1);
        add(3 * part * exact(), accumulation); // added
        return;
      }
      if (table) {
        add(unit.elements() * exact(), 1); // cleared
      } else {
        add(each * (narrow + exact()), slots);
        add(each * (narrow + 2 * exact()), slots * (accumulation - 1));
      }
      if (zero == ZeroStage.OPTIMIZER) {
        add(part * exact(), 1);
        add(2 * part * exact(), 1);
      }
    }

    void update(UnitShape unit, int processes) {
      ZeroStage zero = config.execution().zero();
      double part = (double) unit.elements() / processes;
      double updated = zero.shardsOptimizer() ? part : unit.elements();
      // two operators and a wait for each chunk of the norm
      double chunks = Math.ceil(part / NORM_CHUNK);
      work.add(new Pass(Part.UPDATE, part / chunks * exact(), chunks));
      work.add(new Pass(Part.UPDATE, 7 * updated * exact(), 1)); // AdamW
      if (type().bytes() != exact()) {
        work.add(new Pass(Part.UPDATE, updated * (exact() + type().bytes()), 1));
      }
    }

    private void add(double bytes, double times) {
      if (times > 0) {
        work.add(new Pass(Part.GRADIENTS, bytes, times));
      }
    }
  }
}
