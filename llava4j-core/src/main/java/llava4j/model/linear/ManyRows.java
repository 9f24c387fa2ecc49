package llava4j.model.linear;

import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.quant.BlockMatrix;
import llava4j.tensor.ByteMatMul;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;
import org.bytedeco.pytorch.Tensor;

/// Products of a quantised matrix with many rows, which are faster than the kernels for blocks, or
/// more exact. See [PrefillMode].
public sealed interface ManyRows permits ExactProducts, BfloatProducts, IntegerProducts {
  /// Rows of a product that a chosen mode computes, other than AUTO: more than are decoded at once,
  /// whose bits must not depend on their number.
  long CHOSEN_ROWS = IntegerProducts.FEWEST_ROWS;

  /// The least number of rows for it.
  long fewestRows();

  /// x Wᵀ.
  ///
  /// @param blocks the matrix as stored
  /// @param few its products by the kernels for blocks
  /// @param rows fp32, contiguous, [rows, in]
  /// @return fp32, [rows, out]
  Tensor multiply(BlockMatrix blocks, FewRows few, Tensor rows);

  /// x Wᵀ by the kernels for blocks.
  @FunctionalInterface
  interface FewRows {
    /// @param rows fp32, contiguous, [rows, in]
    /// @return fp32, [rows, out]
    Tensor multiply(Tensor rows);
  }

  /// The products of a mode; empty if the kernels for blocks do all.
  ///
  /// @param fourBits whether most weights have 4 bits; with 8 bits, AUTO does not round them to
  ///   integers again, because this changes the answers more than the 8 bits themselves
  /// @param tiles reused memory
  /// @throws BadInputException if this processor cannot compute in this mode
  static Optional<ManyRows> of(
      PrefillMode mode, boolean fourBits, Optional<OneDnnLinear> oneDnn, WideTiles tiles) {
    return switch (mode) {
      case EXACT -> Optional.of(new ExactProducts(oneDnn, tiles));
      case BF16 -> {
        requireBfloat();
        yield bfloat(oneDnn, tiles, CHOSEN_ROWS);
      }
      case INT8 -> integers(oneDnn, tiles, CHOSEN_ROWS).or(() -> refused("int8", "avx512_vnni"));
      case AUTO ->
          (fourBits
                  ? integers(oneDnn, tiles, IntegerProducts.FEWEST_ROWS)
                  : Optional.<ManyRows>empty())
              .or(() -> bfloat(oneDnn, tiles, BfloatProducts.FEWEST_ROWS));
    };
  }

  /// @throws BadInputException if this processor has no products in bf16
  static void requireBfloat() {
    if (!BfloatProducts.areFast() || OneDnnLinear.find().isEmpty()) {
      refused("bf16", "avx512_bf16");
    }
  }

  /// What a mode takes on this processor, in words.
  ///
  /// @throws BadInputException if this processor cannot compute in this mode
  static String describe(PrefillMode mode, boolean fourBits) {
    try (WideTiles tiles = new WideTiles()) {
      return of(mode, fourBits, OneDnnLinear.find(), tiles)
          .map(products ->
              switch (products) {
                case IntegerProducts _ -> PrefillMode.INT8.toString();
                case BfloatProducts _ -> PrefillMode.BF16.toString();
                case ExactProducts _ -> PrefillMode.EXACT.toString();
              })
          .orElse("the same kernels");
    }
  }

  private static Optional<ManyRows> refused(String mode, String flag) {
    throw new BadInputException(
        "prefill in "
            + mode
            + " needs a processor with "
            + flag
            + ", and this is "
            + Processor.ofThisMachine().name()
            + "; use auto");
  }

  private static Optional<ManyRows> bfloat(
      Optional<OneDnnLinear> oneDnn, WideTiles tiles, long fewestRows) {
    return oneDnn
        .filter(_ -> BfloatProducts.areFast())
        .map(operator -> new BfloatProducts(operator, tiles, fewestRows));
  }

  private static Optional<ManyRows> integers(
      Optional<OneDnnLinear> oneDnn, WideTiles tiles, long fewestRows) {
    Optional<ManyRows> uneven = bfloat(oneDnn, tiles, fewestRows);
    return ByteMatMul.find()
        .<ManyRows>map(
            operator -> new IntegerProducts(new ByteProducts(operator, tiles), uneven, fewestRows));
  }
}
