package llava4j.quant;

import java.util.Arrays;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// A frozen matrix in 4-bit NormalFloat with double quantisation (QLoRA, arXiv 2305.14314, section
/// 3): blocks of 64 weights share a scale, blocks of 256 scales share one of their own. 4.127 bits
/// a weight. Codes and layout are those of bitsandbytes: the earlier weight in the upper half of a
/// byte.
///
/// It uses only libtorch, so it works on all devices of libtorch. Owns its tensors.
public final class Nf4Matrix implements AutoCloseable {
  private static final int BLOCK = 64;
  private static final int SCALES_PER_BLOCK = 256;

  /// Quantiles of the normal distribution, scaled to [-1, 1] and including 0 (QLoRA, appendix E).
  private static final float[] LEVELS = {
    -1f,
    -0.6961928f,
    -0.52507305f,
    -0.3949175f,
    -0.28444138f,
    -0.18477343f,
    -0.091050036f,
    0f,
    0.0795803f,
    0.1609302f,
    0.2461123f,
    0.33791524f,
    0.44070983f,
    0.562617f,
    0.72295684f,
    1f
  };

  private final long rows;
  private final long columns;
  private final Tensor codes; // [ceil(n / 64) * 32] bytes, two weights each
  private final Tensor scaleCodes; // [ceil(blocks / 256), 256] bytes
  private final Tensor outerScales; // [ceil(blocks / 256), 1] F32
  private final Tensor levels; // [16] F32
  private final Tensor scaleLevels; // [256] F32
  private final double meanScale;

  /// Quantises a matrix.
  ///
  /// @param weight [out, in], any floating point type
  /// @param device where it is kept
  public Nf4Matrix(Tensor weight, Device device) {
    this.rows = weight.size(0);
    this.columns = weight.size(1);
    try (Scope _ = new Scope()) {
      this.levels = Scope.own(on(Tensors.ofFloats(LEVELS, LEVELS.length), device));
      float[] map = dynamicMap();
      this.scaleLevels = Scope.own(on(Tensors.ofFloats(map, map.length), device));
      Tensor blocks =
          padded(Tensors.to(weight, device, DType.F32).flatten(), BLOCK); // [blocks, 64]
      Tensor scales = blocks.abs().amax(new long[] {1}, false); // [blocks]
      Tensor safe = scales.clamp_min(new Scalar(Float.MIN_NORMAL)).unsqueeze(1); // [blocks, 1]
      this.codes = Scope.own(packed(nearest(blocks.div(safe), levels)));
      this.meanScale = scales.mean().item_double();
      Tensor outer =
          padded(scales.sub(new Scalar(meanScale)), SCALES_PER_BLOCK); // [outerBlocks, 256]
      this.outerScales =
          Scope.own(
              outer
                  .abs()
                  .amax(new long[] {1}, true)
                  .clamp_min(new Scalar(Float.MIN_NORMAL))); // [outerBlocks, 1]
      this.scaleCodes = Scope.own(nearest(outer.div(outerScales), scaleLevels));
    }
  }

  public long rows() {
    return rows;
  }

  public long columns() {
    return columns;
  }

  /// Its bytes in memory, without the two small tables.
  public long bytes() {
    return codes.nbytes() + scaleCodes.nbytes() + outerScales.nbytes();
  }

  /// The bytes of a matrix with so many weights, as [#bytes] has them.
  public static long bytes(long weights) {
    long blocks = Math.ceilDiv(weights, BLOCK);
    long outer = Math.ceilDiv(blocks, SCALES_PER_BLOCK);
    return blocks * BLOCK / 2 + outer * SCALES_PER_BLOCK + outer * DType.F32.bytes();
  }

  /// The dequantised weights. [out, in]
  public Tensor dequantize(DType type) {
    try (Scope scope = new Scope()) {
      Tensor scales =
          scaleLevels
              .index_select(0, scaleCodes.flatten().to(torch.ScalarType.Int))
              .view(scaleCodes.size(0), SCALES_PER_BLOCK)
              .mul(outerScales)
              .add_(new Scalar(meanScale))
              .flatten(); // [outerBlocks * 256]
      Tensor upper = codes.bitwise_right_shift(new Scalar(4)); // [n / 2]
      Tensor lower = codes.bitwise_and(new Scalar(15)); // [n / 2]
      Tensor each = torch.stack(new TensorVector(upper, lower), 1).flatten(); // [n]
      Tensor blocks =
          levels
              .index_select(0, each.to(torch.ScalarType.Int))
              .view(each.numel() / BLOCK, BLOCK); // [blocks, 64]
      blocks.mul_(scales.narrow(0, 0, blocks.size(0)).unsqueeze(1));
      return scope.keep(
          blocks.flatten().narrow(0, 0, rows * columns).view(rows, columns).to(type.scalarType()));
    }
  }

  @Override
  public void close() {
    codes.close();
    scaleCodes.close();
    outerScales.close();
    levels.close();
    scaleLevels.close();
  }

  /// Codes of the nearest levels, as bytes of the same shape.
  private static Tensor nearest(Tensor values, Tensor levels) {
    try (Scope scope = new Scope()) {
      Tensor borders =
          levels
              .narrow(0, 0, levels.numel() - 1)
              .add(levels.narrow(0, 1, levels.numel() - 1))
              .mul_(new Scalar(0.5)); // [levels - 1]
      return scope.keep(torch.bucketize(values, borders, true, false).to(torch.ScalarType.Byte));
    }
  }

  private static Tensor packed(Tensor codes) {
    try (Scope scope = new Scope()) {
      Tensor pairs = codes.view(codes.numel() / 2, 2); // [n / 2, 2]
      return scope.keep(
          pairs.select(1, 0).bitwise_left_shift(new Scalar(4)).bitwise_or(pairs.select(1, 1)));
    }
  }

  /// Splits into blocks; the last one is padded with zeros.
  private static Tensor padded(Tensor flat, int block) {
    try (Scope scope = new Scope()) {
      long blocks = Math.ceilDiv(flat.numel(), (long) block);
      Tensor whole = torch.zeros(new long[] {blocks * block}, flat.options()); // [blocks * block]
      whole.narrow(0, 0, flat.numel()).copy_(flat);
      return scope.keep(whole.view(blocks, block));
    }
  }

  private static Tensor on(Tensor tensor, Device device) {
    return Tensors.to(tensor, device, DType.F32);
  }

  /// 8-bit levels that are denser near 0: seven decades on either side of 0, each with twice as
  /// many levels as the one below (Dettmers et al., arXiv 2110.02861, section 2.1).
  private static float[] dynamicMap() {
    float[] map = new float[SCALES_PER_BLOCK];
    int next = 0;
    for (int decade = 0; decade <= 6; decade++) {
      int levels = 1 << decade;
      double unit = Math.pow(10, (double) decade - 6);
      for (int i = 0; i < levels; i++) {
        double middle = 0.1 + 0.9 * (i + 0.5) / levels;
        map[next++] = (float) (unit * middle);
        map[next++] = (float) (-unit * middle);
      }
    }
    map[next++] = 0;
    map[next] = 1;
    Arrays.sort(map);
    return map;
  }
}
