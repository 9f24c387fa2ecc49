package llava4j.model.linear;

import java.util.ArrayList;
import java.util.List;
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
      case EXACT -> Optional.of(new ExactProducts(oneDnn, tiles, CHOSEN_ROWS));
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

  /// What AUTO may take on this processor, in the order in which equals are preferred: what rounds
  /// least is first.
  ///
  /// @param fourBits as for [#of]
  static List<PrefillMode> candidates(boolean fourBits) {
    List<PrefillMode> candidates = new ArrayList<>(List.of(PrefillMode.EXACT));
    if (hasBfloat()) {
      candidates.add(PrefillMode.BF16);
    }
    if (fourBits && ByteMatMul.find().isPresent()) {
      candidates.add(PrefillMode.INT8);
    }
    return candidates;
  }

  /// The products of a candidate that was found to be the fastest, for as many rows as pay for it.
  ///
  /// @param candidate one of [#candidates]
  static Optional<ManyRows> ofFastest(
      PrefillMode candidate, Optional<OneDnnLinear> oneDnn, WideTiles tiles) {
    return switch (candidate) {
      case EXACT -> Optional.of(new ExactProducts(oneDnn, tiles, ExactProducts.FEWEST_ROWS));
      case BF16 -> bfloat(oneDnn, tiles, BfloatProducts.FEWEST_ROWS);
      case INT8 -> integers(oneDnn, tiles, IntegerProducts.FEWEST_ROWS);
      case AUTO -> throw new IllegalArgumentException("auto is no candidate");
    };
  }

  private static boolean hasBfloat() {
    return BfloatProducts.areFast() && OneDnnLinear.find().isPresent();
  }

  /// @throws BadInputException if this processor has no products in bf16
  static void requireBfloat() {
    if (!hasBfloat()) {
      refused("bf16", "avx512_bf16");
    }
  }

  /// The mode in which products are computed.
  default PrefillMode mode() {
    return switch (this) {
      case IntegerProducts _ -> PrefillMode.INT8;
      case BfloatProducts _ -> PrefillMode.BF16;
      case ExactProducts _ -> PrefillMode.EXACT;
    };
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
