package llava4j.checkpoint.weights;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/// A checkpoint with additional rows in embedding table and output head. Each new row is the mean
/// of the existing rows (Hugging Face's converter samples them around this mean).
public final class ExtendedVocabulary implements WeightSource {
  private static final List<String> MATRICES =
      List.of("language_model.embed_tokens.weight", "lm_head.weight");
  private static final int MULTIPLE = 64;

  private final WeightSource source;
  private final long rows;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>(16);

  /// @param atLeast required number of rows; rounded up to a multiple of 64
  public ExtendedVocabulary(WeightSource source, long atLeast) {
    this.source = source;
    this.rows = (atLeast + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
    source
        .tensors()
        .forEach((name, info) -> {
          boolean grows = MATRICES.contains(name) && info.shape().getFirst() < rows;
          List<Long> shape = grows ? List.of(rows, info.shape().getLast()) : info.shape();
          long bytes = grows ? info.bytes() / info.shape().getFirst() * rows : info.bytes();
          tensors.put(
              name, new TensorInfo(name, info.dtype(), info.storedAs(), shape, bytes, info.file()));
        });
  }

  @Override
  public Set<Path> files() {
    return source.files();
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    Tensor stored = source.load(name);
    if (!MATRICES.contains(name) || stored.size(0) >= rows) {
      return stored;
    }
    try (Scope scope = new Scope()) {
      scope.borrow(stored);
      Tensor mean =
          stored
              .to(DType.F32.scalarType())
              .mean(new long[] {0}, true, new org.bytedeco.pytorch.ScalarTypeOptional())
              .to(stored.scalar_type()); // [1, dim]
      Tensor more = mean.expand(rows - stored.size(0), stored.size(1)); // [added rows, dim]
      return scope.keep(Tensors.concatenate(List.of(stored, more), 0)); // [rows, dim]
    } finally {
      stored.close();
    }
  }

  @Override
  public void release(String name) {
    source.release(name);
  }

  @Override
  public void close() {
    source.close();
  }
}
