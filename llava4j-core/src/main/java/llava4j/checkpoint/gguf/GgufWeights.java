package llava4j.checkpoint.gguf;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import org.bytedeco.pytorch.Tensor;

/// The tensors of a GGUF file under llama.cpp's names and in its row order.
///
/// F32, F16 and BF16 are views of the file; quantised blocks are decoded to F32 on loading. See
/// [LlavaGguf] for our names and row order.
public final class GgufWeights implements WeightSource {
  private final GgufFile file;
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();

  /// Takes ownership of `file`; closing this closes it.
  public GgufWeights(GgufFile file) {
    this.file = file;
    for (GgufTensor tensor : file.tensors().values()) {
      if (!tensor.type().isReadable()) {
        throw new BadInputException(
            file.path()
                + ": tensor "
                + tensor.name()
                + " has type "
                + tensor.type()
                + ", which is not supported; use a file with "
                + GgmlType.readableNames());
      }
      tensors.put(
          tensor.name(),
          new TensorInfo(
              tensor.name(),
              tensor.type().loadsAs(),
              tensor.type().name(),
              tensor.shape(),
              tensor.bytes(),
              file.path()));
    }
  }

  /// Maps the file and checks its header and the types of its tensors.
  public static GgufWeights open(Path path) {
    GgufFile file = GgufFile.open(path);
    try {
      return new GgufWeights(file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  public GgufFile file() {
    return file;
  }

  @Override
  public SequencedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public Tensor load(String name) {
    return file.load(stored(name));
  }

  @Override
  public Tensor load(String name, DType type) {
    GgufTensor tensor = stored(name);
    return tensor.type().support() == GgmlType.Support.DECODE
        ? file.decode(tensor, type)
        : WeightSource.super.load(name, type);
  }

  @Override
  public Optional<BlockMatrix> blocks(String name) {
    GgufTensor tensor = stored(name);
    return tensor.shape().size() == 2 ? file.blocks(tensor) : Optional.empty();
  }

  @Override
  public boolean isView(String name) {
    return stored(name).type().support() == GgmlType.Support.VIEW;
  }

  @Override
  public void release(String name) {
    file.release(file.tensors().get(name));
  }

  @Override
  public void close() {
    file.close();
  }

  private GgufTensor stored(String name) {
    GgufTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(file.path() + " holds no tensor " + name);
    }
    return tensor;
  }
}
