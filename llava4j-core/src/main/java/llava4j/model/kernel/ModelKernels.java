package llava4j.model.kernel;

import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.model.linear.ManyRows;
import llava4j.model.linear.PrefillMode;
import llava4j.model.linear.WideTiles;
import llava4j.quant.BlockKernel;
import llava4j.tensor.Device;
import llava4j.tensor.OneDnnLinear;
import llava4j.tensor.Processor;

/// Which kernels multiply a model's quantised weights: the fastest of this machine (ADR 43), where
/// they were measured; else, and for a small model, whose answers would not come sooner, the usual
/// ones.
///
/// @param fourBits for a few rows of weights of 4 bits
/// @param eightBits the same for 8 bits
/// @param products of [PrefillMode#AUTO] with many rows; empty if the kernels for a few do them
/// @param measured what the choice is made of; empty for the usual kernels
/// @param note why what was measured is of no use
public record ModelKernels(
    BlockKernel fourBits,
    BlockKernel eightBits,
    Optional<PrefillMode> products,
    Optional<MeasuredKernels> measured,
    Optional<String> note) {
  /// Models with fewer bytes of quantised weights gain nothing that would be noticed.
  static final long LEAST_BYTES = 512L << 20;

  /// How many numbers of a model are quantised.
  ///
  /// @param fourBits those of 4 bits
  /// @param eightBits those of 8 bits
  /// @param inFile whether they are quantised in their file, which can be read again; otherwise
  ///   they are quantised while loading
  public record Weights(long fourBits, long eightBits, boolean inFile) {
    boolean isLarge() {
      return fourBits / 2 + eightBits >= LEAST_BYTES;
    }

    /// Whether most have 4 bits.
    public boolean haveFourBits() {
      return fourBits > eightBits;
    }
  }

  /// The kernels without a measurement, where [ManyRows#of] knows the products of many rows.
  public static ModelKernels usual() {
    return ofOne(BlockKernel.usual());
  }

  /// One kernel for everything, which nothing was measured of.
  public static ModelKernels ofOne(BlockKernel kernel) {
    return new ModelKernels(kernel, kernel, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// The kernels for a model on a device.
  ///
  /// @throws BadInputException if no kernel of this machine was found to give right products
  public static ModelKernels of(Weights weights, Device device) {
    return BlockKernel.only(device)
        .map(ModelKernels::ofOne)
        .orElseGet(() -> of(weights, MachineKernels.ofProcess()));
  }

  static ModelKernels of(Weights weights, MachineKernels machine) {
    if (!weights.isLarge()) {
      return usual();
    }
    MachineKernels.Known known = machine.get();
    if (known.measured().isEmpty()) {
      return new ModelKernels(
          BlockKernel.usual(),
          BlockKernel.usual(),
          Optional.empty(),
          Optional.empty(),
          known.note());
    }
    MeasuredKernels measured = known.measured().get();
    BlockKernel four = kernel(measured, 4, weights.fourBits(), weights.inFile());
    BlockKernel eight = kernel(measured, 8, weights.eightBits(), weights.inFile());
    Optional<PrefillMode> products =
        weights.haveFourBits()
            ? measured.fourBits().fastestProducts(four)
            : measured.eightBits().fastestProducts(eight);
    return new ModelKernels(four, eight, products, known.measured(), known.note());
  }

  /// Weights that are quantised while loading keep to kernels of ours where these are right: those
  /// can be read, and without a file nothing else can multiply many rows.
  private static BlockKernel kernel(
      MeasuredKernels measured, int bits, long numbers, boolean inFile) {
    KernelFigures figures = measured.of(bits);
    Optional<BlockKernel> fastest =
        inFile ? figures.fastest() : figures.fastestOfOurs().or(figures::fastest);
    if (numbers > 0 && fastest.isEmpty()) {
      throw new BadInputException(
          "no kernel for weights of "
              + bits
              + " bits gives right products on this machine "
              + figures.kernels()
              + "; use --weights fp16");
    }
    return fastest.orElseGet(BlockKernel::usual);
  }

  /// What the numbers of products depend on.
  public String key() {
    return fourBits + " " + eightBits + " " + (measured.isPresent() ? products : "by rule");
  }

  /// The kernel for a few rows.
  ///
  /// @param bits 4 or 8
  public BlockKernel of(int bits) {
    return bits == 4 ? fourBits : eightBits;
  }

  /// The only kernel, which multiplies many rows in its own way and in no mode; empty if there are
  /// several.
  public Optional<BlockKernel> only() {
    return Optional.of(fourBits).filter(kernel -> kernel == BlockKernel.NIBBLES);
  }

  /// The products of many rows in a mode; empty if the kernels for a few do them.
  ///
  /// @param haveFourBits whether most weights have 4 bits
  /// @throws BadInputException if this processor or the only kernel cannot compute in this mode
  public Optional<ManyRows> manyRows(
      PrefillMode mode, boolean haveFourBits, Optional<OneDnnLinear> oneDnn, WideTiles tiles) {
    if (only().isPresent()) {
      if (mode != PrefillMode.AUTO) {
        throw new BadInputException(
            "prefill in "
                + mode
                + " is for quantised weights on a processor, and a GPU multiplies them in bf16;"
                + " leave it at auto");
      }
      return Optional.empty();
    }
    if (mode == PrefillMode.AUTO && measured.isPresent()) {
      return products.flatMap(fastest -> ManyRows.ofFastest(fastest, oneDnn, tiles));
    }
    boolean sameKernels =
        haveFourBits
            && fourBits == BlockKernel.ASSEMBLED
            && !Processor.ofThisMachine().hasByteTiles();
    return mode == PrefillMode.AUTO && sameKernels
        ? Optional.empty()
        : ManyRows.of(mode, haveFourBits, oneDnn, tiles);
  }

  /// What [#manyRows] gives, in words.
  ///
  /// @throws BadInputException if this processor or the only kernel cannot compute in this mode
  public String describeManyRows(PrefillMode mode, boolean haveFourBits) {
    try (WideTiles tiles = new WideTiles()) {
      return manyRows(mode, haveFourBits, OneDnnLinear.find(), tiles)
          .map(products -> products.mode().toString())
          .orElseGet(of(haveFourBits ? 4 : 8)::describeManyRows);
    }
  }
}
