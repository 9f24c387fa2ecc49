package llava4j.model.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.SequencedMap;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.MemoryShortageException;
import llava4j.golden.Golden;
import llava4j.model.LlavaModel;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceShortageTest {
  private static final Device GPU = new Device.Cuda(0);
  private static final String FULL = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 ...";

  /// Only formats that take less are named.
  @ParameterizedTest
  @CsvSource({
    "original, AUTO, '--weights q8 or q4, '",
    "original, BF16, '--weights q8 or q4, '",
    "original, Q8, '--weights q4, '",
    "original, Q4, ''",
    "gguf/model-q8_0.gguf, AUTO, '--weights q4, '",
    "gguf/model-q4_0.gguf, AUTO, ''",
    "gguf/model-q4_0.gguf, BF16, '--weights q8 or q4, '"
  })
  void aGpuWithoutRoomIsNamed(String model, WeightFormat format, String smaller) {
    try (Checkpoint checkpoint = open(model)) {
      RuntimeException full = new RuntimeException(FULL);
      assertThat(named(full, checkpoint, format))
          .isInstanceOf(MemoryShortageException.class)
          .hasMessageMatching(
              "the model does not fit: its weights need [0-9.]+ MiB as "
                  + format
                  + ", and cuda:0 has not as much free; use "
                  + smaller
                  + "another GPU or --device cpu")
          .hasCause(full);
    }
  }

  @Test
  void cudasOwnSentenceIsKnown() {
    try (Checkpoint checkpoint = open("original")) {
      assertThat(
              named(
                  new RuntimeException("CUDA error: out of memory\nCUDA kernel errors might be"),
                  checkpoint,
                  WeightFormat.AUTO))
          .isInstanceOf(MemoryShortageException.class);
      for (String message : new String[] {"something else", null}) {
        RuntimeException other = new IllegalStateException(message);
        assertThat(named(other, checkpoint, WeightFormat.AUTO)).isSameAs(other);
      }
    }
  }

  private static RuntimeException named(
      RuntimeException thrown, Checkpoint checkpoint, WeightFormat format) {
    return DeviceShortage.named(
        thrown, checkpoint.config(), checkpoint.inferenceWeights(), GPU, format);
  }

  @Test
  void weightsAreClosedEvenIfTheAdviceFails() {
    try (Checkpoint checkpoint = open("original")) {
      Broken weights = new Broken(checkpoint.inferenceWeights());
      assertThatThrownBy(() ->
              LlavaModel.load(
                  checkpoint.config(),
                  weights,
                  "original",
                  new Device.Cpu(),
                  WeightFormat.AUTO,
                  LoadProgress.NONE))
          .hasMessage("no advice");
      assertThat(weights.closed).isTrue();
    }
  }

  /// Finds no memory, and then fails to describe itself.
  private static final class Broken implements WeightSource {
    private final WeightSource inner;
    private boolean full;
    private boolean closed;

    Broken(WeightSource inner) {
      this.inner = inner;
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      if (full) {
        throw new IllegalStateException("no advice");
      }
      return inner.tensors();
    }

    @Override
    public Optional<BlockMatrix> blocks(String name) {
      return inner.blocks(name);
    }

    @Override
    public Tensor load(String name) {
      full = true;
      throw new IllegalStateException(FULL);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static Checkpoint open(String model) {
    return new CheckpointOpener(CheckpointOptions.none()).open(Golden.path(model));
  }
}
