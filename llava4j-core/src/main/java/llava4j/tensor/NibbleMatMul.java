package llava4j.tensor;

import java.util.List;
import llava4j.error.BadInputException;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Products of rows in bf16 with matrices of 4-bit numbers: libtorch's `_weight_int4pack_mm`, which
/// is not in its Java interface. A value is `scale · (number - 8) + offset`, where 32 numbers of a
/// row share scale and offset, which are bf16.
///
/// On a GPU tensor cores multiply. For a processor libtorch has a twin of the operator, by which
/// tests run everything here but the GPU's two operators; on processors our own kernels are faster.
/// Before it is used, it has to give the right numbers for a small matrix.
public final class NibbleMatMul {
  /// Numbers that share a scale: the fewest that the operator knows.
  public static final int GROUP = 32;

  /// A matrix is packed in tiles of at most this many rows.
  public static final int MOST_TILE_ROWS = 64;

  /// Columns of matrices that are checked: one for every way to lay out columns.
  private static final List<Long> CHECKED_COLUMNS = List.of(3L * GROUP, 6L * GROUP, 8L * GROUP);

  /// What rounding to bf16, with 8 significant bits, may change of the largest sum.
  private static final double ROUNDING = 0.02;

  /// Values that are widened at once, 32 MB.
  private static final long WIDE_VALUES = 1 << 24;

  /// Tiles in one direction of a GPU's grid.
  private static final long MOST_TILES = 65_535;

  /// How operators keep a packed matrix.
  enum Layout {
    /// Tiles of 8 rows: I32, [rows / 8, columns / (16 · inner), 32, inner / 2].
    GPU,

    /// Tiles of as many rows as fill vectors, column by column: U8, [rows, columns / 2].
    PROCESSOR
  }

  /// The operator that packs.
  interface Packer {
    /// @param numbers for a GPU U8 in pairs, [rows, columns / 2]; for a processor I32, [rows,
    ///   columns]
    /// @param inner how many times 16 columns of a row lie together
    Tensor pack(Tensor numbers, long inner);
  }

  /// The operator that multiplies.
  interface Product {
    /// @param input bf16, [inputs, columns]
    /// @param scales bf16, [columns / group, rows, 2]
    /// @return bf16, [inputs, rows]
    Tensor multiply(Tensor input, Tensor numbers, long group, Tensor scales);
  }

  private final Device device;
  private final Layout layout;
  private final int tileRows;
  private final Packer packer;
  private final Product product;

  NibbleMatMul(Device device, Layout layout, int tileRows, Packer packer, Product product) {
    this.device = device;
    this.layout = layout;
    this.tileRows = tileRows;
    this.packer = packer;
    this.product = product;
  }

  /// A matrix for the operator.
  ///
  /// @param numbers in the operators' layout
  /// @param scales scale and offset, bf16, [columns / 32, rows, 2]
  /// @param rows a multiple of the tile's
  public record Packed(Tensor numbers, Tensor scales, long rows, long columns)
      implements AutoCloseable {
    @Override
    public void close() {
      numbers.close();
      scales.close();
    }
  }

  /// The operator of a device.
  ///
  /// @throws BadInputException if the device cannot multiply so
  public static NibbleMatMul on(Device device) {
    try (Scope _ = new Scope()) {
      return switch (device) {
        case Device.Cuda cuda -> {
          ComputeCapability.of(cuda).ifPresent(found -> found.requireBf16Products(cuda));
          yield right(device, Layout.GPU, List.of(8), "");
        }
        // the tile depends on the processor's instructions
        case Device.Cpu _ ->
            right(device, Layout.PROCESSOR, List.of(MOST_TILE_ROWS, 32, 16), "_for_cpu");
      };
    } catch (BadInputException e) {
      throw e;
    } catch (RuntimeException e) { // libtorch's own
      throw refused(device, String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
    }
  }

  /// libtorch's operators, with the first of these tiles that gives the right numbers.
  private static NibbleMatMul right(
      Device device, Layout layout, List<Integer> tiles, String suffix) {
    OperatorHandle packer = operator("aten::_convert_weight_to_int4pack" + suffix);
    OperatorHandle product = operator("aten::_weight_int4pack_mm" + suffix);
    return tiles.stream()
        .map(rows ->
            new NibbleMatMul(
                device,
                layout,
                rows,
                (numbers, inner) -> call(packer, new IValue(numbers), new IValue(inner)),
                (input, numbers, group, scales) ->
                    call(
                        product,
                        new IValue(input),
                        new IValue(numbers),
                        new IValue(group),
                        new IValue(scales))))
        .filter(NibbleMatMul::isRight)
        .findFirst()
        .orElseThrow(() -> refused(device, "the products are wrong", null));
  }

  private static BadInputException refused(Device device, String why, Throwable causeOrNull) {
    return new BadInputException(
        "libtorch cannot multiply weights of 4 and 8 bits on "
            + device
            + ": "
            + why
            + "; use --weights bf16, or --device cpu",
        causeOrNull);
  }

  private static OperatorHandle operator(String name) {
    OperatorHandle found = Dispatcher.singleton().findSchemaOrThrow(name, "");
    found.retainReference();
    return found;
  }

  /// Rows of a packed matrix: some more, to fill its tiles.
  public long paddedRows(long rows) {
    return Math.ceilDiv(rows, tileRows) * tileRows;
  }

  /// Packs a matrix on the device.
  ///
  /// @param pairs numbers from 0 to 15, that of the even column in the upper half of a byte; U8 on
  ///   the host, [rows, columns / 2], rows as of [#paddedRows], columns a multiple of [#GROUP]
  /// @param scales on the host, see [Packed]
  public Packed pack(Tensor pairs, Tensor scales) {
    long rows = pairs.size(0);
    long columns = 2 * pairs.size(1);
    if (rows % tileRows != 0 || columns % GROUP != 0) {
      throw new IllegalArgumentException(rows + " x " + columns + " numbers fill no tiles");
    }
    Tensors.requireShape("scales", scales, columns / GROUP, rows, 2);
    try (Scope _ = new Scope()) {
      Tensor here =
          Tensors.to(
              switch (layout) {
                case GPU -> pairs; // [rows, columns / 2]
                case PROCESSOR -> numbers(pairs); // [rows, columns]
              },
              device);
      Tensor packed = packer.pack(here, innerTiles(columns));
      // both are there before one is owned: the second may find no memory
      Tensor there = Tensors.to(scales, device, DType.BF16); // [columns / GROUP, rows, 2]
      return new Packed(Scope.own(packed), Scope.own(there), rows, columns);
    }
  }

  /// x Wᵀ. A row's result does not depend on the others.
  ///
  /// @param input bf16 on the device, contiguous, [inputs, columns]
  /// @return bf16, [inputs, rows]
  public Tensor multiply(Tensor input, Packed matrix) {
    return multiply(input, matrix.numbers(), matrix.scales());
  }

  private Tensor multiply(Tensor input, Tensor numbers, Tensor scales) {
    return product.multiply(input, numbers, GROUP, scales); // [inputs, rows]
  }

  /// Rows that [#widen] takes at once, a multiple of the tile's.
  public long rowsToWiden(Packed matrix) {
    long values = Math.min(WIDE_VALUES, MOST_TILES * tileRows * partColumns(matrix.columns()));
    return Math.max(1, values / matrix.columns() / tileRows) * tileRows;
  }

  /// What [#widen] multiplies with a matrix: the identity with the columns of a part. bf16, [part,
  /// part]
  public Tensor identity(Packed matrix) {
    return torch.eye(partColumns(matrix.columns()), Tensors.options(DType.BF16, device));
  }

  /// Some rows as plain numbers, which is the operator's product with the identity: rows of parts
  /// that follow each other in memory are taken for rows of a matrix that has only as many columns
  /// as a part.
  ///
  /// @param identity the matrix' [#identity]
  /// @param first a multiple of the tile's rows
  /// @param count at most [#rowsToWiden], a multiple of the tile's rows
  /// @return bf16, [count, columns]
  public Tensor widen(Packed matrix, Tensor identity, long first, long count) {
    long part = partColumns(matrix.columns());
    long parts = matrix.columns() / part;
    long tiles = count / tileRows;
    try (Scope scope = new Scope()) {
      Tensor scales =
          matrix
              .scales()
              .narrow(1, first, count) // [groups, count, 2]
              .reshape(parts, part / GROUP, tiles, tileRows, 2)
              .permute(1, 2, 0, 3, 4)
              .reshape(part / GROUP, tiles * parts * tileRows, 2)
              .contiguous(); // what the operator relies on and does not check
      Tensor values =
          multiply(
                  identity, parts(matrix, first, count), scales) // [part, tiles * parts * tileRows]
              .view(part, tiles, parts, tileRows)
              .permute(1, 3, 2, 0)
              .reshape(count, matrix.columns()); // [count, columns]
      return scope.keep(values);
    }
  }

  /// The numbers of some rows as those of a matrix with the columns of a part.
  private Tensor parts(Packed matrix, long first, long count) {
    return switch (layout) {
      case GPU -> {
        Tensor tiles =
            matrix
                .numbers()
                .narrow(0, first / tileRows, count / tileRows); // [tiles, parts, 32, inner / 2]
        yield tiles.view(-1, 1, tiles.size(2), tiles.size(3)); // [tiles * parts, 1, 32, inner / 2]
      }
      case PROCESSOR ->
          matrix
              .numbers()
              .narrow(0, first, count) // [count, columns / 2]
              .view(-1, partColumns(matrix.columns()) / 2); // [count * parts, part / 2]
    };
  }

  /// Columns of a part: those that lie together in a tile on a GPU.
  private static long partColumns(long columns) {
    return 16 * innerTiles(columns);
  }

  /// How many times 16 columns of a row lie together on a GPU; the more, the fewer reads.
  private static long innerTiles(long columns) {
    return columns % 128 == 0 ? 8 : columns % 64 == 0 ? 4 : 2;
  }

  /// A number in each element. I32, [rows, columns]
  private static Tensor numbers(Tensor pairs) {
    Tensor wide = pairs.to(DType.I32.scalarType()); // [rows, columns / 2]
    return Tensors.concatenate(
            List.of(
                wide.bitwise_right_shift(new Scalar(4)).unsqueeze(2),
                wide.bitwise_and(new Scalar(15)).unsqueeze(2)),
            2) // [rows, columns / 2, 2]
        .view(pairs.size(0), 2 * pairs.size(1));
  }

  private static Tensor call(OperatorHandle called, IValue... arguments) {
    try (Scope scope = new Scope()) {
      IValueVector list = new IValueVector();
      for (IValue argument : arguments) {
        list.push_back(argument);
      }
      called.callBoxed(list);
      // a separate handle, because the one in the list is freed with the list
      return scope.keep(new Tensor(list.get(0).toTensor()));
    }
  }

  private boolean isRight() {
    return CHECKED_COLUMNS.stream().allMatch(this::isRight);
  }

  /// Checks both ways to use a small matrix of three tiles in which neighbours differ, and a part
  /// of it.
  private boolean isRight(long columns) {
    long rows = 3L * tileRows;
    try (Scope _ = new Scope()) {
      Tensor pairs =
          counted(rows * columns / 2)
              .mul(new Scalar(37))
              .remainder(new Scalar(251))
              .to(DType.U8.scalarType())
              .view(rows, columns / 2); // [rows, columns / 2]
      Tensor scales =
          counted(columns / GROUP * rows * 2)
              .remainder(new Scalar(13))
              .sub(new Scalar(6))
              .div(new Scalar(8)) // exact in bf16
              .view(columns / GROUP, rows, 2); // [groups, rows, 2]
      Tensor input =
          counted(3 * columns)
              .remainder(new Scalar(7))
              .sub(new Scalar(3))
              .view(3, columns); // [3, columns]
      Tensor right = plain(numbers(pairs), scales); // [rows, columns]
      try (Packed matrix = pack(pairs, scales.to(DType.BF16.scalarType()))) {
        Tensor product = multiply(Tensors.to(input, device, DType.BF16), matrix); // [3, rows]
        Tensor identity = identity(matrix); // [part, part]
        Tensor some = widen(matrix, identity, tileRows, tileRows); // [tileRows, columns]
        return isNear(widen(matrix, identity, 0, rows), right)
            && isNear(some, right.narrow(0, tileRows, tileRows))
            && isNear(product, torch.matmul(input, right.t()));
      }
    }
  }

  /// 0 to `count` - 1. fp32, `[count]`
  private static Tensor counted(long count) {
    return torch.arange(new Scalar(count), Tensors.options(DType.F32));
  }

  /// @param numbers [rows, columns]
  /// @param scales fp32, [columns / 32, rows, 2]
  /// @return fp32, [rows, columns]
  private static Tensor plain(Tensor numbers, Tensor scales) {
    Tensor byRow = scales.permute(1, 0, 2); // [rows, groups, 2]
    return numbers
        .sub(new Scalar(8))
        .view(numbers.size(0), -1, GROUP) // [rows, groups, 32]
        .mul(byRow.narrow(2, 0, 1))
        .add(byRow.narrow(2, 1, 1))
        .view(numbers.size(0), numbers.size(1));
  }

  private static boolean isNear(Tensor found, Tensor right) {
    Tensor here = Tensors.to(found, new Device.Cpu(), DType.F32);
    double most = right.abs().max().item_double();
    return here.sub(right).abs().max().item_double() <= ROUNDING * most;
  }
}
