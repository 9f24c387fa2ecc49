package llava4j.benchmarks;

import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The memory bandwidth of this machine: the best of several ways to read a tensor that is larger
/// than the caches.
final class ReadBandwidth implements AutoCloseable {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final long ROWS = 1 << 16;
  private static final long COLUMNS = 1 << 13; // 2 GiB together
  private static final int THREADS = Runtime.getRuntime().availableProcessors();

  private final Tensor data; // [ROWS, COLUMNS]
  private final Tensor row; // [COLUMNS]
  private final Tensor product; // [ROWS]

  ReadBandwidth() {
    try (Scope _ = new Scope()) {
      this.data = filled(ROWS, COLUMNS);
      this.row = filled(COLUMNS);
      this.product = filled(ROWS);
    }
  }

  /// Gigabytes (10⁹) per second.
  double gigabytesPerSecond(int repeats, PrintWriter out) {
    openblas_nolapack.blas_set_num_threads(THREADS);
    List<Timing> timings =
        Timing.alternately(1, repeats, this::torchSum, this::matrixVector, this::vectorSum);
    List<String> readers = List.of("libtorch sum", "libtorch mv", "Vector API sum");
    NativeRuntime.useOneThreadPool();
    double best = 0;
    for (int i = 0; i < readers.size(); i++) {
      double speed = ROWS * COLUMNS * Float.BYTES / timings.get(i).best() / 1e6;
      out.printf(Locale.ROOT, "  read bandwidth, %-15s %.1f GB/s%n", readers.get(i), speed);
      best = Math.max(best, speed);
    }
    return best;
  }

  @Override
  public void close() {
    data.close();
    row.close();
    product.close();
  }

  private void torchSum() {
    try (Scope _ = new Scope()) {
      data.sum();
    }
  }

  private void matrixVector() {
    try (Scope _ = new Scope()) {
      torch.mv_out(product, data, row);
    }
  }

  /// Four sums per thread, so that no addition waits for the previous one.
  @SuppressWarnings("restricted") // the address is that of a live tensor of this size
  private void vectorSum() {
    long bytes = ROWS * COLUMNS * Float.BYTES;
    MemorySegment memory = MemorySegment.ofAddress(data.data_ptr().address()).reinterpret(bytes);
    double sum =
        IntStream.range(0, THREADS)
            .parallel()
            .mapToDouble(slice ->
                sum(
                    memory.asSlice(
                        ROWS * slice / THREADS * COLUMNS * Float.BYTES,
                        ROWS / THREADS * COLUMNS * Float.BYTES)))
            .sum();
    if (!(sum > 0)) {
      throw new Benchmark.WrongAnswerException("wrong answer: a sum of positive numbers is " + sum);
    }
  }

  private static float sum(MemorySegment memory) {
    FloatVector first = FloatVector.zero(FLOATS);
    FloatVector second = FloatVector.zero(FLOATS);
    FloatVector third = FloatVector.zero(FLOATS);
    FloatVector fourth = FloatVector.zero(FLOATS);
    long width = FLOATS.vectorByteSize();
    for (long at = 0; at + 4 * width <= memory.byteSize(); at += 4 * width) {
      first = first.add(vector(memory, at));
      second = second.add(vector(memory, at + width));
      third = third.add(vector(memory, at + 2 * width));
      fourth = fourth.add(vector(memory, at + 3 * width));
    }
    return first.add(second).add(third.add(fourth)).reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector vector(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOATS, memory, at, ByteOrder.nativeOrder());
  }

  private static Tensor filled(long... shape) {
    return Scope.own(
        torch
            .empty(shape, Tensors.options(DType.F32), new MemoryFormatOptional())
            .fill_(new Scalar(0.01)));
  }
}
