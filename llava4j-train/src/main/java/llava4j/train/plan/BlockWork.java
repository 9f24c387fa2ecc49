package llava4j.train.plan;

import java.util.ArrayList;
import java.util.List;
import llava4j.config.TextConfig;
import llava4j.tensor.DType;
import llava4j.train.config.LoraSettings;
import llava4j.train.config.TrainConfig;
import llava4j.train.forecast.BatchShape;
import llava4j.train.plan.Work.Attend;
import llava4j.train.plan.Work.Part;
import llava4j.train.plan.Work.Pass;
import llava4j.train.plan.Work.Product;

/// The operations of one decoder block, as `DecoderBlock`, `Norm`, `RotaryEmbedding` and autograd
/// run them, one libtorch operator after the other.
final class BlockWork {
  /// Attention skips the later half of the keys.
  private static final double CAUSAL = 0.5;

  /// Products of fused attention's backward pass, for each of the forward pass: the scores again,
  /// and the gradients of scores, query, key and value.
  private static final double ATTENTION_BACKWARD = 2.5;

  /// Numbers that libtorch's operators move to dequantise a 4-bit weight, in bytes: codes apart,
  /// joined, widened, looked up, scaled, cast.
  private static final double DEQUANTISED = 31;

  private final TextConfig text;
  private final LoraSettings lora; // null without
  private final boolean trained;
  private final boolean quantised;
  private final double rows;
  private final double bytes; // of a number
  private final boolean narrow; // norms are computed in a wider type
  private final double attention; // flops of a forward pass

  BlockWork(TrainConfig config, TextConfig text, BatchShape batch) {
    DType type = config.execution().precision().type();
    this.text = text;
    this.lora = config.parts().lora();
    this.trained = config.parts().languageModel();
    this.quantised = config.quantizeBase();
    this.rows = batch.rows();
    this.bytes = type.bytes();
    this.narrow = type == DType.BF16;
    this.attention = 4.0 * rows * batch.tokens() * text.numHeads() * text.headDim() * CAUSAL;
  }

  /// Output and input width of a linear layer, and its name.
  private record Layer(String name, double out, double in) {}

  private List<Layer> layers() {
    double dim = text.dim();
    double queries = (double) text.numHeads() * text.headDim();
    double keys = (double) text.numKvHeads() * text.headDim();
    double wide = text.intermediateDim();
    return List.of(
        new Layer("q_proj", queries, dim),
        new Layer("k_proj", keys, dim),
        new Layer("v_proj", keys, dim),
        new Layer("o_proj", dim, queries),
        new Layer("gate_proj", wide, dim),
        new Layer("up_proj", wide, dim),
        new Layer("down_proj", dim, wide));
  }

  /// A forward pass.
  ///
  /// @param recorded whether the graph is recorded, which keeps copies
  List<Work> forward(Part part, double times, boolean recorded) {
    List<Work> work = new ArrayList<>();
    for (Layer layer : layers()) {
      work.add(new Product(part, rows, layer.out(), layer.in(), times));
      if (quantised) {
        work.add(new Pass(part, layer.out() * layer.in() * DEQUANTISED / 8, 8 * times));
      }
      if (adapts(layer)) {
        work.add(new Product(part, rows, lora.rank(), layer.in(), times));
        work.add(new Product(part, rows, layer.out(), lora.rank(), times));
        add(work, part, times, layer.in(), 1, 1, 3); // dropout
        add(work, part, times, layer.out(), 2, 3); // scaled, added
      }
    }
    work.add(new Attend(part, attention, times));
    norm(work, part, times);
    norm(work, part, times);
    double dim = text.dim();
    for (double width : new double[] {dim, keyWidth()}) {
      add(work, part, times, width, 2, 1, 2, 2, 4); // heads apart, turned, rotated
    }
    add(work, part, times, keyWidth(), 2); // heads apart
    add(work, part, times, dim, 2, 3, 3); // heads joined, two residuals
    add(work, part, times, text.intermediateDim(), 2, 3); // SwiGLU
    if (recorded) {
      add(work, part, times, text.intermediateDim(), 2, 2); // what SwiGLU overwrites
    }
    return work;
  }

  /// A backward pass.
  List<Work> backward(double times) {
    Part part = Part.BACKWARD;
    List<Work> work = new ArrayList<>();
    for (Layer layer : layers()) {
      work.add(new Product(part, rows, layer.in(), layer.out(), times));
      if (trained) {
        work.add(new Product(part, layer.out(), layer.in(), rows, times));
      }
      if (adapts(layer)) {
        work.add(new Product(part, rows, lora.rank(), layer.out(), times));
        work.add(new Product(part, rows, layer.in(), lora.rank(), times));
        work.add(new Product(part, layer.out(), lora.rank(), rows, times));
        work.add(new Product(part, lora.rank(), layer.in(), rows, times));
        add(work, part, times, layer.in(), 3, 3); // dropout, sum of two paths
        add(work, part, times, layer.out(), 2); // scaled
      }
    }
    work.add(new Attend(part, ATTENTION_BACKWARD * attention, times));
    normBackward(work, times);
    normBackward(work, times);
    double dim = text.dim();
    for (double width : new double[] {dim, keyWidth()}) {
      add(work, part, times, width, 2, 1, 1, 1, 1, 1, 2, 3, 3, 2); // rotation, heads
    }
    add(work, part, times, keyWidth(), 2); // heads
    add(work, part, times, dim, 2, 3, 3, 3, 3, 3, 3); // heads, sums of the paths
    add(work, part, times, text.intermediateDim(), 3, 3, 3); // SwiGLU
    return work;
  }

  private boolean adapts(Layer layer) {
    return lora != null && lora.targets().contains(layer.name());
  }

  private double keyWidth() {
    return (double) text.numKvHeads() * text.headDim();
  }

  /// Mean of squares in fp32, both factors; with bf16 there are casts before and after.
  private void norm(List<Work> work, Part part, double times) {
    double[] each = narrow ? new double[] {6, 8, 4, 8, 6, 4} : new double[] {8, 4, 8, 8};
    addBytes(work, part, times, text.dim(), each);
  }

  private void normBackward(List<Work> work, double times) {
    double[] each =
        narrow ? new double[] {4, 6, 8, 12, 4, 8, 8, 12, 6} : new double[] {8, 8, 12, 4, 8, 8, 12};
    addBytes(work, Part.BACKWARD, times, text.dim(), each);
    if (trained) {
      addBytes(work, Part.BACKWARD, times, text.dim(), 3 * bytes, bytes); // of the weight
    }
  }

  /// @param streams how often an operator reads or writes its numbers, for each operator
  private void add(List<Work> work, Part part, double times, double width, double... streams) {
    for (double stream : streams) {
      work.add(new Pass(part, rows * width * stream * bytes, times));
    }
  }

  private void addBytes(List<Work> work, Part part, double times, double width, double... each) {
    for (double one : each) {
      work.add(new Pass(part, rows * width * one, times));
    }
  }
}
