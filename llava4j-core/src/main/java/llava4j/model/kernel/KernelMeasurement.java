package llava4j.model.kernel;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import llava4j.io.CloseAll;
import llava4j.model.kernel.KernelFigures.Outcome;
import llava4j.model.kernel.KernelFigures.Right;
import llava4j.model.kernel.KernelFigures.Wrong;
import llava4j.model.kernel.MadeBlocks.Numbers;
import llava4j.model.linear.ManyRows;
import llava4j.model.linear.PrefillMode;
import llava4j.model.linear.WideTiles;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.quant.PackingMemory;
import llava4j.quant.QuantizedMatrix;
import llava4j.tensor.NativeHeap;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// Checks the kernels for quantised weights that this machine has, and times those that are right.
///
/// One row and some are multiplied by several matrices in turn, as a step of decoding does, so that
/// they are read from memory and not from a cache. Many rows are bound by arithmetic, and one
/// matrix serves.
final class KernelMeasurement implements AutoCloseable {
  private static final int SIDE = KernelFigures.SIDE;
  private static final int BLOCK = 32;

  /// Bytes of the matrices of a width together: more than most caches hold.
  private static final long BYTES = 48L << 20;

  /// Rows of the matrix for many rows, half of the others', and of the one on which Java compiles
  /// the kernels.
  private static final int MANY_OUTPUTS = SIDE / 2;

  private static final int WARM_OUTPUTS = 64;

  private static final int MOST_REPEATS = 5;

  private final Race race;
  private final PackingMemory packing = new PackingMemory();
  private final WideTiles tiles = new WideTiles();
  private final Optional<OneDnnLinear> oneDnn = OneDnnLinear.find();

  KernelMeasurement(Race race) {
    this.race = race;
  }

  /// Checks all kernels of a width.
  ///
  /// @param bits of the weights, 4 or 8
  /// @return without times
  KernelFigures checked(int bits) {
    KernelCheck check = new KernelCheck(bits);
    Map<BlockKernel, Outcome> kernels = new LinkedHashMap<>();
    for (BlockKernel kernel : BlockKernel.available()) {
      kernels.put(kernel, outcome(() -> check.few((matrix, rows) -> few(kernel, matrix, rows))));
    }
    Map<PrefillMode, Outcome> products = new LinkedHashMap<>();
    List<BlockKernel> right = right(kernels);
    if (!right.isEmpty()) {
      for (PrefillMode mode : ManyRows.candidates(bits == 4)) {
        products.put(
            mode,
            outcome(() ->
                check.many(mode, (matrix, rows) -> many(mode, right.getLast(), matrix, rows))));
      }
    }
    return new KernelFigures(kernels, products);
  }

  private static Outcome outcome(Supplier<Optional<String>> check) {
    try {
      return check.get().<Outcome>map(Wrong::new).orElseGet(() -> new Right(Map.of()));
    } catch (RuntimeException | LinkageError e) {
      return new Wrong(String.valueOf(e.getMessage()));
    }
  }

  private static <K> List<K> right(Map<K, Outcome> outcomes) {
    return outcomes.keySet().stream().filter(name -> outcomes.get(name) instanceof Right).toList();
  }

  private Tensor few(BlockKernel kernel, BlockMatrix matrix, Tensor rows) {
    try (QuantizedMatrix packed = QuantizedMatrix.of(matrix, packing, kernel)) {
      return packed.multiply(rows);
    }
  }

  private Tensor many(PrefillMode mode, BlockKernel kernel, BlockMatrix matrix, Tensor rows) {
    try (QuantizedMatrix packed = QuantizedMatrix.of(matrix, packing, kernel)) {
      return many(mode, matrix, packed, rows);
    }
  }

  private Tensor many(PrefillMode mode, BlockMatrix matrix, QuantizedMatrix packed, Tensor rows) {
    return ManyRows.ofFastest(mode, oneDnn, tiles)
        .orElseThrow()
        .multiply(packed.numbers().orElse(matrix), packed::multiply, rows);
  }

  /// Times the kernels of a width that are right.
  ///
  /// @param bits of the weights, 4 or 8
  /// @param checked what [#checked] found
  KernelFigures timed(int bits, KernelFigures checked) {
    if (right(checked.kernels()).isEmpty()) {
      return checked;
    }
    Layout layout = new Layout(bits, BLOCK, false);
    long count = Math.ceilDiv(BYTES, (long) SIDE * SIDE * bits / 8);
    Map<BlockKernel, List<QuantizedMatrix>> packed = new LinkedHashMap<>();
    Map<BlockKernel, Outcome> kernels = new LinkedHashMap<>(checked.kernels());
    Map<PrefillMode, Outcome> products = new LinkedHashMap<>(checked.products());
    try (Scope _ = new Scope()) {
      for (BlockKernel kernel : right(kernels)) {
        packed.put(kernel, new ArrayList<>());
        for (int i = 0; i < count; i++) {
          packed.get(kernel).add(packed(kernel, layout, SIDE));
        }
      }
      warm(layout, packed.keySet(), right(products));
      Map<BlockKernel, Double> one = new LinkedHashMap<>();
      Map<BlockKernel, Double> some = new LinkedHashMap<>();
      fewRows(packed, one, some);
      Map<Object, Double> many = manyRows(layout, packed.keySet(), right(products));
      int repeats = 0;
      do { // at another moment, which another process may not have disturbed
        fewRows(packed, one, some);
      } while (isDisturbed(one, some) && ++repeats < MOST_REPEATS);
      for (BlockKernel kernel : packed.keySet()) {
        kernels.put(
            kernel,
            new Right(
                Map.of(
                    KernelFigures.ONE_ROW,
                    one.get(kernel) / count,
                    KernelFigures.SOME_ROWS,
                    some.get(kernel) / count,
                    KernelFigures.MANY_ROWS,
                    many.get(kernel) * SIDE / MANY_OUTPUTS)));
      }
      for (PrefillMode mode : right(products)) {
        products.put(
            mode, new Right(Map.of(KernelFigures.MANY_ROWS, many.get(mode) * SIDE / MANY_OUTPUTS)));
      }
    } finally {
      CloseAll.each(packed.values().stream().flatMap(List::stream).toList());
    }
    return new KernelFigures(kernels, products);
  }

  private QuantizedMatrix packed(BlockKernel kernel, Layout layout, int rows) {
    return QuantizedMatrix.of(new MadeBlocks(layout, rows, SIDE, Numbers.RANDOM), packing, kernel);
  }

  /// Has Java compile all kernels, on a small matrix.
  private void warm(Layout layout, Collection<BlockKernel> kernels, Collection<PrefillMode> modes) {
    List<QuantizedMatrix> small = new ArrayList<>();
    try {
      List<Runnable> runners = new ArrayList<>();
      for (BlockKernel kernel : kernels) {
        QuantizedMatrix matrix = packed(kernel, layout, WARM_OUTPUTS);
        small.add(matrix);
        for (int count : new int[] {KernelFigures.ONE_ROW, KernelFigures.SOME_ROWS}) {
          Tensor input = rows(count);
          runners.add(scoped(() -> matrix.multiply(input)));
        }
      }
      Tensor input = rows(KernelFigures.MANY_ROWS);
      BlockMatrix stored = new MadeBlocks(layout, WARM_OUTPUTS, SIDE, Numbers.RANDOM);
      for (PrefillMode mode : modes) {
        runners.add(scoped(() -> many(mode, stored, small.getLast(), input)));
      }
      race.warm(runners);
    } finally {
      CloseAll.each(small);
    }
  }

  /// @param one least times of one row so far, by kernel
  /// @param some the same of some rows
  private void fewRows(
      Map<BlockKernel, List<QuantizedMatrix>> packed,
      Map<BlockKernel, Double> one,
      Map<BlockKernel, Double> some) {
    inTurn(packed, KernelFigures.ONE_ROW).forEach((name, time) -> one.merge(name, time, Math::min));
    inTurn(packed, KernelFigures.SOME_ROWS)
        .forEach((name, time) -> some.merge(name, time, Math::min));
  }

  /// Whether other work made one row slower than some.
  static boolean isDisturbed(Map<BlockKernel, Double> one, Map<BlockKernel, Double> some) {
    return one.keySet().stream().anyMatch(kernel -> one.get(kernel) > some.get(kernel));
  }

  private Map<BlockKernel, Double> inTurn(
      Map<BlockKernel, List<QuantizedMatrix>> packed, int rows) {
    Tensor input = rows(rows);
    Map<BlockKernel, Runnable> runners = new LinkedHashMap<>();
    packed.forEach((kernel, matrices) ->
        runners.put(
            kernel,
            () -> {
              try (Scope _ = new Scope()) {
                for (QuantizedMatrix matrix : matrices) {
                  Tensor _ = matrix.multiply(input); // [rows, SIDE]
                }
              }
            }));
    return race.times(runners);
  }

  private Map<Object, Double> manyRows(
      Layout layout, Collection<BlockKernel> kernels, List<PrefillMode> modes) {
    Tensor input = rows(KernelFigures.MANY_ROWS);
    Map<BlockKernel, QuantizedMatrix> packed = new LinkedHashMap<>();
    try {
      kernels.forEach(kernel -> packed.put(kernel, packed(kernel, layout, MANY_OUTPUTS)));
      Map<Object, Runnable> runners = new LinkedHashMap<>();
      packed.forEach((kernel, matrix) -> runners.put(kernel, scoped(() -> matrix.multiply(input))));
      BlockMatrix stored = new MadeBlocks(layout, MANY_OUTPUTS, SIDE, Numbers.RANDOM);
      QuantizedMatrix last = List.copyOf(packed.values()).getLast();
      for (PrefillMode mode : modes) {
        runners.put(mode, scoped(() -> many(mode, stored, last, input)));
      }
      return race.times(runners);
    } finally {
      CloseAll.each(packed.values());
    }
  }

  private static Runnable scoped(Supplier<Tensor> product) {
    return () -> {
      try (Scope _ = new Scope()) {
        Tensor _ = product.get();
      }
    };
  }

  private static Tensor rows(int count) {
    Random random = new Random(count);
    float[] values = new float[count * SIDE];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.ofFloats(values, count, SIDE);
  }

  @Override
  public void close() {
    tiles.close();
    packing.clear();
    new NativeHeap().giveBackFree();
  }
}
