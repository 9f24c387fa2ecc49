package llava4j.model.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import llava4j.config.TextConfig;
import llava4j.quant.VectorSupport;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The KV cache: keys and values of every layer for the tokens so far. Owned by one request or
/// chat; not thread-safe.
///
/// When it is full, it grows to the required size plus `step` tokens. A batch of sequences with
/// different lengths is padded on the left: sequence b starts with `leftPadding[b]` slots that are
/// masked.
public final class KvCache implements AutoCloseable {
  private static final int GROWTH_STEP = 256;

  private final Device device;
  private final DType type;
  private final long numKvHeads;
  private final long headDim;
  private final List<Tensor> keys =
      new ArrayList<>(); // per layer [batch, kvHeads, capacity, headDim]
  private final List<Tensor> values =
      new ArrayList<>(); // per layer [batch, kvHeads, capacity, headDim]
  private int[] leftPadding; // [batch]
  private long capacity;
  private long length;

  /// An empty cache for rows that need no padding, in the type of activations.
  public KvCache(TextConfig config, Device device, int batch) {
    this(config, device, new int[batch]);
  }

  /// An empty cache for a batch padded on the left, in the type of activations.
  public KvCache(TextConfig config, Device device, int[] leftPadding) {
    this(config, device, device.computeType(), leftPadding);
  }

  /// An empty cache for a batch padded on the left.
  ///
  /// @param type that keys and values are kept in
  public KvCache(TextConfig config, Device device, DType type, int[] leftPadding) {
    this.device = device;
    this.type = type;
    this.numKvHeads = config.numKvHeads();
    this.headDim = config.headDim();
    this.leftPadding = leftPadding.clone();
    for (int layer = 0; layer < config.numLayers(); layer++) {
      keys.add(allocate(0));
      values.add(allocate(0));
    }
  }

  /// The type of keys and values: F16 beside quantised weights on a CPU, if there is a kernel for
  /// it; otherwise the type of activations, because rounded keys would be the largest error.
  ///
  /// @param quantized whether the weights have 4 or 8 bits
  public static DType type(Device device, boolean quantized) {
    boolean halved = device instanceof Device.Cpu && quantized && VectorSupport.isAvailable();
    return halved ? DType.F16 : device.computeType();
  }

  /// Number of tokens in every layer, including padding.
  public long length() {
    return length;
  }

  public int batch() {
    return leftPadding.length;
  }

  boolean isPadded() {
    return Arrays.stream(leftPadding).anyMatch(padding -> padding > 0);
  }

  /// For each row of the batch, the first slot that anybody looks at. [batch]
  int[] firstSlots() {
    return leftPadding.clone();
  }

  public int leftPadding(int row) {
    return leftPadding[row];
  }

  /// Bytes of native memory.
  public long bytes() {
    return 2L * keys.size() * batch() * numKvHeads * capacity * headDim * type.bytes();
  }

  /// Reserves space for `rows` more tokens in every layer.
  public void reserve(long rows) {
    if (length + rows <= capacity) {
      return;
    }
    long wanted = (length + rows + GROWTH_STEP - 1) / GROWTH_STEP * GROWTH_STEP;
    for (int layer = 0; layer < keys.size(); layer++) {
      keys.set(layer, grown(keys.get(layer), wanted));
      values.set(layer, grown(values.get(layer), wanted));
    }
    capacity = wanted;
  }

  /// Keys and values of one layer in the cache's type, each [batch, kvHeads, rows, headDim].
  public record KeysAndValues(Tensor keys, Tensor values) {}

  /// Appends new tokens of one layer and returns a view of all; [#advance] has to be called after
  /// the last layer.
  ///
  /// @param key [batch, kvHeads, tokens, headDim]
  /// @param value as key
  public KeysAndValues append(int layer, Tensor key, Tensor value) {
    long tokens = key.size(2);
    keys.get(layer).narrow(2, length, tokens).copy_(key);
    values.get(layer).narrow(2, length, tokens).copy_(value);
    return new KeysAndValues(
        keys.get(layer).narrow(2, 0, length + tokens),
        values.get(layer).narrow(2, 0, length + tokens));
  }

  /// Increases the length by `tokens`.
  public void advance(long tokens) {
    length += tokens;
  }

  /// Removes all tokens from index `rows` on. The memory is kept.
  public void truncate(long rows) {
    if (rows < 0 || rows > length) {
      throw new IllegalArgumentException("cannot cut a cache of " + length + " rows to " + rows);
    }
    length = rows;
  }

  /// Replaces the sequences of the batch with copies of the given ones, in this order: the
  /// surviving beams, or one prompt for several answers.
  public void selectRows(int[] rows) {
    try (Scope _ = new Scope()) {
      long[] wide = Arrays.stream(rows).asLongStream().toArray();
      Tensor index =
          Tensors.ofLongs(wide, wide.length)
              .to(device.torchDevice(), DType.I64.scalarType()); // [rows]
      for (int layer = 0; layer < keys.size(); layer++) {
        keys.set(layer, replaced(keys.get(layer), keys.get(layer).index_select(0, index)));
        values.set(layer, replaced(values.get(layer), values.get(layer).index_select(0, index)));
      }
    }
    int[] padding = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      padding[i] = leftPadding[rows[i]];
    }
    leftPadding = padding;
  }

  @Override
  public void close() {
    keys.forEach(Tensor::close);
    values.forEach(Tensor::close);
    keys.clear();
    values.clear();
    length = 0;
    capacity = 0;
  }

  private Tensor grown(Tensor old, long wanted) {
    try (Scope _ = new Scope()) {
      Tensor larger = allocate(wanted); // [batch, kvHeads, wanted, headDim]
      if (length > 0) {
        larger.narrow(2, 0, length).copy_(old.narrow(2, 0, length));
      }
      old.close();
      return larger;
    }
  }

  private static Tensor replaced(Tensor old, Tensor next) {
    old.close();
    return Scope.own(next);
  }

  private Tensor allocate(long rows) {
    try (Scope _ = new Scope()) {
      return Scope.own(
          torch.empty(
              new long[] {batch(), numKvHeads, rows, headDim},
              Tensors.options(type, device),
              new MemoryFormatOptional()));
    }
  }
}
