package llava4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import llava4j.error.BadInputException;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NibbleMatMulTest {
  @Test
  void rowsAreFilledUpToTiles() {
    NibbleMatMul operator = NibbleMatMul.on(new Device.Cpu());
    long tile = operator.paddedRows(1);
    assertThat(tile).isLessThanOrEqualTo(NibbleMatMul.MOST_TILE_ROWS);
    assertThat(operator.paddedRows(tile)).isEqualTo(tile);
    assertThat(operator.paddedRows(tile + 1)).isEqualTo(2 * tile);
  }

  @ParameterizedTest
  @CsvSource({"63, 64", "64, 48", "64, 16"})
  void numbersThatFillNoTilesAreRefused(long rows, long columns) {
    try (Scope _ = new Scope()) {
      Tensor pairs =
          torch.empty(
              new long[] {rows, columns / 2},
              Tensors.options(DType.U8),
              new MemoryFormatOptional());
      Tensor scales = torch.zeros(columns / 32, rows, 2);
      assertThatThrownBy(() -> NibbleMatMul.on(new Device.Cpu()).pack(pairs, scales))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(rows + " x " + columns + " numbers fill no tiles");
    }
  }

  /// As many rows as are widened at once fill a GPU's grid and not more, whatever the columns.
  @ParameterizedTest
  @ValueSource(longs = {32, 96, 192, 4096})
  void whatIsWidenedAtOnceFitsIntoAGrid(long columns) {
    try (Scope _ = new Scope()) {
      NibbleMatMul operator = PlainGpuOperators.matMul();
      long inner = columns % 128 == 0 ? 8 : columns % 64 == 0 ? 4 : 2;
      long rows = operator.paddedRows((1 << 24) / columns + 100);
      Tensor numbers =
          torch
              .zeros(rows / 8, columns / (16 * inner), 32, inner / 2)
              .to(DType.I32.scalarType()); // [rows / 8, parts, 32, inner / 2]
      Tensor scales =
          torch.ones(columns / 32, rows, 2).to(DType.BF16.scalarType()); // [groups, rows, 2]
      NibbleMatMul.Packed matrix = new NibbleMatMul.Packed(numbers, scales, rows, columns);
      long most = operator.rowsToWiden(matrix);
      assertThat(most).isLessThan(rows).isGreaterThan((1 << 24) / columns - 1000);
      Tensor wide = operator.widen(matrix, operator.identity(matrix), 0, most); // [most, columns]
      assertThat(Tensors.shape(wide)).containsExactly(most, columns);
      assertThat(wide.eq(new Scalar(-7)).all().item_bool()).as("1 * (0 - 8) + 1").isTrue();
      if (columns == 32) {
        Tensor identity = operator.identity(matrix); // [32, 32]
        assertThatThrownBy(() -> operator.widen(matrix, identity, 0, rows))
            .hasMessageContaining("would refuse");
      }
    }
  }

  /// A build for a GPU has kernels for these names.
  @ParameterizedTest
  @ValueSource(strings = {"aten::_convert_weight_to_int4pack", "aten::_weight_int4pack_mm"})
  void theOperatorsOfAGpuHaveTheArgumentsOfTheirTwins(String name) {
    try (Scope _ = new Scope()) {
      String there = schema(name);
      assertThat(there).startsWith(name + "(");
      assertThat(schema(name + "_for_cpu"))
          .isEqualTo(there.replace(name + "(", name + "_for_cpu("));
    }
  }

  private static String schema(String name) {
    FunctionSchema schema = Dispatcher.singleton().findSchemaOrThrow(name, "").schema();
    return torch.toString(schema).getString();
  }

  @Test
  void aGpuWithoutProductsOfBf16IsRefused() {
    Device device = new Device.Cuda(1);
    assertThatThrownBy(() -> new ComputeCapability(7, 5).requireBf16Products(device))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "weights of 4 and 8 bits on a GPU need compute capability 8.0 or more, and cuda:1 has"
                + " 7.5; use --weights bf16 or --device cpu");
    for (int major : new int[] {8, 9, 12}) {
      assertThatCode(() -> new ComputeCapability(major, 0).requireBf16Products(device))
          .doesNotThrowAnyException();
    }
  }

  /// Without a driver nothing is known, and with one it has no such GPU.
  @Test
  void whatADriverDoesNotSayIsEmpty() {
    assertThat(ComputeCapability.of(new Device.Cuda(999))).isEmpty();
  }
}
