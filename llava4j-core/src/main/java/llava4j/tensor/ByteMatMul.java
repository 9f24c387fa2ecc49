package llava4j.tensor;

import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Products of signed bytes with sums of 32 bits: libtorch's `_int_mm`, which oneDNN computes and
/// which is not in the Java interface.
///
/// Without VNNI, oneDNN adds pairs of products in 16 bits, and sums that do not fit are silently
/// wrong; libtorch then uses loops of its own, which are slow. So it is found only where the
/// processor has VNNI, and only after it gave the right sums of the largest numbers.
public final class ByteMatMul {
  /// Above this number of columns, a sum of the largest products could exceed 32 bits.
  public static final int MOST_COLUMNS = Integer.MAX_VALUE / (255 * 128);

  private static final long CHECKED_ROWS = 5;
  private static final long CHECKED_COLUMNS = 519;
  private static final long CHECKED_OUTPUTS = 67;

  private final OperatorHandle operator;
  private final OpenMp threads;

  private ByteMatMul(OperatorHandle operator, OpenMp threads) {
    this.operator = operator;
    this.threads = threads;
  }

  /// Whether this processor has fast and exact products of bytes.
  public static boolean isFast() {
    Processor processor = Processor.ofThisMachine();
    return processor.flags().contains("avx512_vnni") || processor.flags().contains("amx_int8");
  }

  /// The operator; empty where it is slow or wrong.
  public static Optional<ByteMatMul> find() {
    Optional<OpenMp> threads = OpenMp.find();
    if (!isFast() || !torch.hasMKLDNN() || threads.isEmpty()) {
      return Optional.empty();
    }
    try (Scope _ = new Scope()) {
      OperatorHandle operator = Dispatcher.singleton().findSchemaOrThrow("aten::_int_mm", "out");
      operator.retainReference();
      ByteMatMul found = new ByteMatMul(operator, threads.get());
      return found.isExact() ? Optional.of(found) : Optional.empty();
    }
  }

  /// Runs chunks of work on all threads. The operators that a chunk calls use its thread alone.
  ///
  /// @param worker as for [ParallelChunks#run]
  public void chunks(long count, Supplier<LongConsumer> worker) {
    int usual = threads.threads();
    threads.threads(1);
    try {
      ParallelChunks.run(
          usual,
          count,
          () -> {
            threads.threads(1);
            return worker.get();
          });
    } finally {
      threads.threads(usual);
    }
  }

  /// Writes x Wᵀ on the calling thread's number of threads.
  ///
  /// @param rows signed bytes, [rows, columns], rows may lie apart
  /// @param weight signed bytes, [outputs, columns], rows may lie apart
  /// @param sums int32, [rows, outputs], contiguous
  public void multiply(Tensor rows, Tensor weight, Tensor sums) {
    try (Scope _ = new Scope()) {
      IValueVector arguments = new IValueVector();
      arguments.push_back(new IValue(rows));
      arguments.push_back(new IValue(weight.t()));
      arguments.push_back(new IValue(sums));
      operator.callBoxed(arguments);
    }
  }

  /// Checks sums of the largest numbers of each sign, with lengths that fill no vector.
  private boolean isExact() {
    return isExact(127, 127) && isExact(-127, 127) && isExact(-128, -127);
  }

  private boolean isExact(long number, long weight) {
    try (Scope _ = new Scope()) {
      Tensor sums = full(DType.I32, 0, CHECKED_ROWS, CHECKED_OUTPUTS);
      multiply(
          full(DType.I8, number, CHECKED_ROWS, CHECKED_COLUMNS),
          full(DType.I8, weight, CHECKED_OUTPUTS, CHECKED_COLUMNS),
          sums);
      Tensor right =
          full(DType.I32, number * weight * CHECKED_COLUMNS, CHECKED_ROWS, CHECKED_OUTPUTS);
      return sums.equal(right);
    }
  }

  private static Tensor full(DType type, long value, long... shape) {
    return torch
        .empty(shape, Tensors.options(type), new MemoryFormatOptional())
        .fill_(new Scalar(value));
  }
}
