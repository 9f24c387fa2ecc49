package llava4j.quant;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import llava4j.io.CloseAll;
import llava4j.quant.BlockMatrix.Layout;
import llava4j.tensor.DType;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ParallelChunks;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// A quantised matrix that ONNX Runtime multiplies: operator `MatMulNBits`, with kernels for AVX2,
/// AVX-512, VNNI and NEON (ADR 23). For systems without machine code (ADR 47) and without the
/// Vector API.
///
/// The output rows are split into parts. Each part is a session that runs on the calling thread, so
/// our own threads do all the work and ONNX Runtime has none. See [PanelMatrix] for the other kind.
final class OnnxMatrix implements QuantizedMatrix {
  /// Minimum number of values of a part.
  private static final long PART_VALUES = 1 << 20;

  /// Many small parts, so that a thread that loses its core to another process delays only a small
  /// part.
  private static final int PARTS_PER_THREAD = 2;

  private static final long ROW_GROUP = 16;

  /// The maximum size of a Java buffer.
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private final OrtSession[] parts;
  private final long[] firstRows; // [parts + 1]
  private final long columns;

  private OnnxMatrix(OrtSession[] parts, long[] firstRows, long columns) {
    this.parts = parts;
    this.firstRows = firstRows;
    this.columns = columns;
  }

  /// Packs a matrix on all threads.
  ///
  /// @param memory buffers for packing, shared by all matrices of a model
  /// @throws ArithmeticException if a scale is NaN or infinite
  static OnnxMatrix of(BlockMatrix matrix, PackingMemory memory) {
    int threads = NativeRuntime.numThreads();
    long[] firstRows =
        split(
            matrix.rows(),
            Math.min(
                (long) threads * PARTS_PER_THREAD, matrix.rows() * matrix.columns() / PART_VALUES));
    int numParts = firstRows.length - 1;
    AtomicReferenceArray<OrtSession> made = new AtomicReferenceArray<>(numParts);
    try {
      ParallelChunks.run(
          threads,
          numParts,
          () ->
              part -> {
                int i = Math.toIntExact(part);
                made.set(i, session(matrix, firstRows[i], firstRows[i + 1] - firstRows[i], memory));
              });
    } catch (RuntimeException | Error e) {
      CloseAll.after(e, closing(IntStream.range(0, numParts).mapToObj(made::get)));
      throw e;
    }
    OrtSession[] parts = new OrtSession[numParts];
    for (int i = 0; i < numParts; i++) {
      parts[i] = made.get(i);
    }
    return new OnnxMatrix(parts, firstRows, matrix.columns());
  }

  /// Bytes of a packed matrix of this shape: the values, and for each block its scale and the sum
  /// that the x86 kernels store. Measured: 11008 x 4096 takes 8 % more with 4 bits, and 3 % more
  /// with 8 bits.
  static long bytes(Layout layout, long rows, long columns) {
    return rows * (layout.packedBytes(columns) + 2L * layout.numBlocks(columns) * Float.BYTES);
  }

  @Override
  public long rows() {
    return firstRows[firstRows.length - 1];
  }

  @Override
  public long columns() {
    return columns;
  }

  @Override
  public Tensor multiply(Tensor input) {
    return multiply(input, MOST_BYTES / Float.BYTES / Math.max(rows(), columns));
  }

  /// Like [#multiply(Tensor)], with a limited number of inputs per call.
  Tensor multiply(Tensor input, long atOnce) {
    long inputs = input.size(0);
    if (inputs <= atOnce) {
      return product(input);
    }
    try (Scope scope = new Scope()) {
      Tensor output = empty(inputs * rows()).view(inputs, rows()); // [inputs, rows]
      for (long first = 0; first < inputs; first += atOnce) {
        long count = Math.min(atOnce, inputs - first);
        try (Scope _ = new Scope()) {
          output.narrow(0, first, count).copy_(product(input.narrow(0, first, count)));
        }
      }
      return scope.keep(output);
    }
  }

  private Tensor product(Tensor input) {
    long inputs = input.size(0);
    try (Scope scope = new Scope()) {
      // a part writes its output columns contiguously, which fits the output only if it has one row
      boolean inPlace = inputs == 1 || parts.length == 1;
      Tensor written = empty(inputs * rows()); // [inputs * rows], part by part
      try (OnnxTensor x = wrap(input, 0, inputs, columns)) {
        ParallelChunks.run(
            NativeRuntime.numThreads(),
            parts.length,
            () -> part -> run(Math.toIntExact(part), x, written, inputs));
      } catch (OrtException e) {
        throw failed(e);
      }
      if (inPlace) {
        return scope.keep(written.view(inputs, rows())); // [inputs, rows]
      }
      Tensor output = empty(inputs * rows()).view(inputs, rows()); // [inputs, rows]
      for (int i = 0; i < parts.length; i++) {
        long count = firstRows[i + 1] - firstRows[i];
        output
            .narrow(1, firstRows[i], count)
            .copy_(written.narrow(0, inputs * firstRows[i], inputs * count).view(inputs, count));
      }
      return scope.keep(output);
    }
  }

  @Override
  public Optional<BlockMatrix> numbers() {
    return Optional.empty();
  }

  @Override
  public void close() {
    CloseAll.each(closing(Arrays.stream(parts)));
  }

  private void run(int part, OnnxTensor input, Tensor written, long inputs) {
    long count = firstRows[part + 1] - firstRows[part];
    try (OnnxTensor output = wrap(written, inputs * firstRows[part], inputs, count);
        OrtSession.Result _ =
            parts[part].run(
                Map.of(MatMulNBitsModel.INPUT, input),
                Set.of(),
                Map.of(MatMulNBitsModel.OUTPUT, output))) {
      // the output was written in place
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  private static OrtSession session(
      BlockMatrix matrix, long first, long count, PackingMemory memory) {
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setCPUArenaAllocator(false);
      options.setMemoryPatternOptimization(false);
      options.setOptimizationLevel(SessionOptions.OptLevel.NO_OPT);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      return memory.use(buffer ->
          OnnxRuntime.environment()
              .createSession(MatMulNBitsModel.write(matrix, first, count, buffer), options));
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  /// The first rows of parts of about equal size, and the end.
  private static long[] split(long rows, long wanted) {
    int parts = (int) Math.clamp(wanted, 1, Math.max(1, rows / ROW_GROUP));
    long[] firstRows = new long[parts + 1];
    for (int i = 1; i < parts; i++) {
      firstRows[i] = rows * i / parts / ROW_GROUP * ROW_GROUP;
    }
    firstRows[parts] = rows;
    return firstRows;
  }

  private static Tensor empty(long values) {
    return torch.empty(new long[] {values}, Tensors.options(DType.F32), new MemoryFormatOptional());
  }

  /// A view of a tensor's memory, from value `first` on, as [rows, columns].
  @SuppressWarnings("restricted") // within the live tensor's memory
  private static OnnxTensor wrap(Tensor tensor, long first, long rows, long columns)
      throws OrtException {
    FloatBuffer values =
        MemorySegment.ofAddress(tensor.data_ptr().address() + first * Float.BYTES)
            .reinterpret(rows * columns * Float.BYTES)
            .asByteBuffer()
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    return OnnxTensor.createTensor(OnnxRuntime.environment(), values, new long[] {rows, columns});
  }

  private static List<AutoCloseable> closing(Stream<OrtSession> sessions) {
    return sessions.<AutoCloseable>map(session -> () -> close(session)).toList();
  }

  private static void close(OrtSession sessionOrNull) {
    if (sessionOrNull != null) {
      try {
        sessionOrNull.close();
      } catch (OrtException e) {
        throw failed(e);
      }
    }
  }

  private static IllegalStateException failed(OrtException e) {
    return new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
  }
}
