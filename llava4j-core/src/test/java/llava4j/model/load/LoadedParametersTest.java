package llava4j.model.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import llava4j.checkpoint.weights.RenamedSource;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.model.kernel.ModelKernels;
import llava4j.model.linear.Linear;
import llava4j.model.linear.PrefillMode;
import llava4j.quant.BlockKernel;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LoadedParametersTest {
  private static final String PREFIX = "language_model.layers.0.self_attn.q_proj";
  private static final int ROWS = 32;
  private static final int COLUMNS = 64;

  private final List<String> closed = new ArrayList<>();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  /// A block's minimum is kept in 16 bits, whose largest number is 65504.
  @Test
  void minimumsBeyondSixteenBitsAreRefusedByName() {
    assertThat(product(1000)).isEqualTo(1000f * COLUMNS);
    assertThatThrownBy(() -> product(1e5f))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "tensor "
                + PREFIX
                + ".weight has blocks whose smallest number is beyond the 16 bits that it is kept"
                + " in; use --weights bf16 or fp32");
    assertThatThrownBy(() -> product(Float.NaN))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(PREFIX + ".weight", "NaN");
  }

  /// On a GPU, minimums are part of the products, in bf16.
  @Test
  void minimumsOfPackedFourBitsAreNotKeptSeparately() {
    ModelKernels kernels = ModelKernels.ofOne(BlockKernel.NIBBLES);
    assertThat(product(0.5f, kernels)).isEqualTo(0.5f * COLUMNS);
    assertThat(product(65536 * 4f, kernels)).isEqualTo(65536 * 4f * COLUMNS);
    assertThatThrownBy(() -> product(Float.NaN, kernels))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll(PREFIX + ".weight", "NaN");
  }

  @Test
  void prefillOfPackedFourBitsHasNoModes() {
    assertThatThrownBy(() ->
            new LoadedParameters(
                new Blocks(0, ""),
                new Device.Cpu(),
                WeightFormat.AUTO,
                PrefillMode.EXACT,
                ModelKernels.ofOne(BlockKernel.NIBBLES),
                LoadProgress.NONE))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "prefill in exact is for quantised weights on a processor, and a GPU multiplies them"
                + " in bf16; leave it at auto");
  }

  @Test
  void whatFailsToCloseLeavesTheOthersClosed() {
    RenamedSource both =
        new RenamedSource()
            .add(new Blocks(0, "first"), Optional::of)
            .add(new Blocks(0, "second"), Optional::of);
    LoadedParameters parameters =
        new LoadedParameters(both, new Device.Cpu(), WeightFormat.AUTO, LoadProgress.NONE);
    assertThatThrownBy(parameters::close)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("first cannot be closed")
        .satisfies(e ->
            assertThat(e.getSuppressed())
                .extracting("message")
                .containsExactly("second cannot be closed"));
    assertThat(closed).containsExactly("first", "second");
  }

  /// One number of a row of ones times a matrix of the minimum.
  private float product(float minimum) {
    return product(minimum, ModelKernels.usual());
  }

  private float product(float minimum, ModelKernels kernels) {
    try (Scope _ = new Scope();
        LoadedParameters parameters =
            new LoadedParameters(
                new Blocks(minimum, ""),
                new Device.Cpu(),
                WeightFormat.AUTO,
                PrefillMode.AUTO,
                kernels,
                LoadProgress.NONE)) {
      Linear linear = parameters.linear(PREFIX);
      float[] ones = new float[COLUMNS];
      Arrays.fill(ones, 1);
      return Tensors.toFloats(linear.forward(Tensors.ofFloats(ones, 1, 1, COLUMNS)))[0];
    }
  }

  /// One matrix in blocks whose numbers are all 0, above a minimum.
  private final class Blocks implements WeightSource {
    private final float minimum;
    private final String name;

    /// @param name fails to close if it has one
    Blocks(float minimum, String name) {
      this.minimum = minimum;
      this.name = name;
    }

    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
      tensors.put(
          PREFIX + ".weight",
          new TensorInfo(
              PREFIX + ".weight",
              DType.F32,
              "Q4_1",
              List.of((long) ROWS, (long) COLUMNS),
              ROWS * COLUMNS / 32 * 20,
              Path.of("blocks")));
      return tensors;
    }

    @Override
    public Tensor load(String tensor) {
      throw new AssertionError("blocks are read as blocks");
    }

    @Override
    public Optional<BlockMatrix> blocks(String tensor) {
      return Optional.of(
          new BlockMatrix() {
            @Override
            public long rows() {
              return ROWS;
            }

            @Override
            public long columns() {
              return COLUMNS;
            }

            @Override
            public Layout layout() {
              return new Layout(4, 32, true);
            }

            @Override
            public void read(long row, Row into) {
              Arrays.fill(into.packed, (byte) 0x88);
              Arrays.fill(into.scales, 1);
              Arrays.fill(into.minimums, minimum);
            }
          });
    }

    @Override
    public void close() {
      closed.add(name);
      if (!name.isEmpty()) {
        throw new IllegalStateException(name + " cannot be closed");
      }
    }
  }
}
