package llava4j.benchmarks;

import java.time.Duration;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.TreeMap;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.train.DryRun;
import llava4j.train.distributed.ConnectedProcesses;
import llava4j.train.distributed.LaunchEnvironment;
import llava4j.train.distributed.ProcessGroup;
import llava4j.train.forecast.ResidentMemory;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// The main class of the processes that measure single operations for [ScalingBenchmark], all at
/// the same time; prints one line of [PrimitiveSpeeds].
final class PrimitiveProcess {
  private static final int ROUNDS = 7;
  private static final double LONG_ENOUGH = 0.02;

  private static final long[] SIDES = {32, 64, 128, 256, 512, 1024, 2048};
  private static final long[] PASSES = {
    1 << 14, 1 << 17, 1 << 20, 1 << 22, 1 << 24, 1 << 26, 1 << 28
  };
  private static final long[] TOKENS = {64, 256, 512};
  private static final long[] TRANSFERS = {1 << 12, 1 << 18, 1 << 22, 1 << 25, 1 << 27};
  private static final int HEADS = 12;
  private static final int HEAD_DIM = 64;

  private final ProcessGroup group;

  private PrimitiveProcess(ProcessGroup group) {
    this.group = group;
  }

  private interface Operation {
    void run();
  }

  public static void main(String[] arguments) {
    NativeRuntime.prepare();
    NativeRuntime.useThreads(OptionalInt.empty());
    NativeRuntime.useAllThreadPools();
    try (ProcessGroup group =
        ConnectedProcesses.join(
            LaunchEnvironment.of(System.getenv()),
            new Device.Cpu(),
            Duration.ofMinutes(5),
            reason -> System.err.println(reason))) {
      PrimitiveProcess here = new PrimitiveProcess(group);
      long runtime = runtime(group);
      PrimitiveSpeeds speeds =
          new PrimitiveSpeeds(
              group.size(),
              here.products(),
              here.passes(),
              here.attention(),
              here.transfers((whole, part) -> group.allGather(whole, part).await()),
              here.transfers((whole, part) -> group.reduceScatter(part, whole).await()),
              here.transfers((whole, _) -> group.sum(whole)),
              runtime);
      if (group.rank() == 0) {
        System.out.println(speeds.line());
      }
    }
  }

  /// Trains a model of no size: Java, libtorch, what products and images need.
  private static long runtime(ProcessGroup group) {
    try (TrainingWorkload workload = TrainingWorkload.of(Workloads.tiny(LetterTokenizer.size()));
        DryRun steps = new DryRun(workload.job(group))) {
      for (int step = 0; step < 3; step++) {
        steps.next();
      }
      return ResidentMemory.peak();
    }
  }

  /// As forward and both backward products of a linear layer.
  private Curve products() {
    NavigableMap<Double, Double> curve = new TreeMap<>();
    for (long side : SIDES) {
      try (Scope _ = new Scope()) {
        Tensor x = ones(side, side);
        Tensor w = ones(side, side);
        Tensor turned = x.t();
        double seconds =
            best(() -> torch.linear(x, w))
                + best(() -> torch.mm(x, w))
                + best(() -> torch.mm(turned, w));
        curve.put(2.0 * side * side * side, seconds / 3);
      }
    }
    return new Curve(curve);
  }

  /// The mean of an operator that makes a new tensor and of one that works in place, at the bytes
  /// of the first.
  private Curve passes() {
    NavigableMap<Double, Double> curve = new TreeMap<>();
    for (long bytes : PASSES) {
      try (Scope _ = new Scope()) {
        Tensor x = ones(bytes / 3 / Float.BYTES);
        Tensor y = ones(bytes / 3 / Float.BYTES);
        Scalar one = new Scalar(1);
        double fresh = best(() -> x.mul(y));
        double inPlace = best(() -> x.mul_(one));
        curve.put((double) bytes, (fresh + inPlace * 3 / 2) / 2);
      }
    }
    return new Curve(curve);
  }

  private Curve attention() {
    NavigableMap<Double, Double> curve = new TreeMap<>();
    for (long tokens : TOKENS) {
      try (Scope _ = new Scope()) {
        Tensor query = ones(1, HEADS, tokens, HEAD_DIM).requires_grad_();
        Tensor like = ones(1, HEADS, tokens, HEAD_DIM);
        NativeRuntime.useOneThreadPool();
        double seconds =
            best(() -> {
              Tensor out =
                  torch.scaled_dot_product_attention(
                      query,
                      query,
                      query,
                      new TensorOptional(),
                      0.0,
                      true,
                      new DoubleOptional(),
                      false);
              torch.grad(
                  new TensorVector(out),
                  new TensorVector(query),
                  new TensorVector(like),
                  new org.bytedeco.pytorch.BoolOptional(),
                  false,
                  true);
            });
        NativeRuntime.useAllThreadPools();
        double forward = 4.0 * HEADS * tokens * tokens * HEAD_DIM / 2;
        // as if each of the 3.5 parts were one call
        curve.put(forward, seconds / 3.5);
      }
    }
    return new Curve(curve);
  }

  private interface Collective {
    void run(Tensor whole, Tensor part);
  }

  private Curve transfers(Collective collective) {
    NavigableMap<Double, Double> curve = new TreeMap<>();
    for (long bytes : TRANSFERS) {
      try (Scope _ = new Scope()) {
        long part = bytes / Float.BYTES / group.size();
        Tensor whole = ones(part * group.size());
        Tensor own = ones(part);
        curve.put((double) bytes, best(() -> collective.run(whole, own)));
      }
    }
    return new Curve(curve);
  }

  /// The best of several rounds, in seconds: other programs only make an operation slower. All
  /// processes begin together. Small operations are repeated until they take some time.
  private double best(Operation operation) {
    timed(operation, 1);
    double first = timed(operation, 1);
    try (Scope _ = new Scope()) { // all processes must call it equally often
      Tensor slowest = torch.full(new long[] {1}, new Scalar(first), Tensors.options(DType.F64));
      group.sum(slowest);
      first = slowest.item_double() / group.size();
    }
    int calls = (int) Math.clamp(LONG_ENOUGH / first, 1, 1000);
    double best = Double.POSITIVE_INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
      group.barrier();
      best = Math.min(best, timed(operation, calls) / calls);
    }
    return best;
  }

  private static double timed(Operation operation, int calls) {
    long start = System.nanoTime();
    for (int call = 0; call < calls; call++) {
      try (Scope _ = new Scope()) {
        operation.run();
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static Tensor ones(long... shape) {
    return torch.ones(shape, Tensors.options(DType.F32));
  }
}
