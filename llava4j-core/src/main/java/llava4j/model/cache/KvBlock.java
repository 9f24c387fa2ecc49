package llava4j.model.cache;

import java.lang.foreign.MemorySegment;
import llava4j.quant.PagedAttention;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Keys and values of some consecutive tokens, all layers. [KvPool] counts its users.
final class KvBlock {
  private final PagedAttention.Layout layout;
  private final Tensor memory; // [layers, 2, kvHeads, rows, headDim, or bytes of a row of I8]
  private final long address;
  int references;

  KvBlock(PagedAttention.Layout layout, int numLayers, Device device) {
    this.layout = layout;
    long perRow = layout.rowBytes() / layout.type().bytes();
    try (Scope _ = new Scope()) {
      this.memory =
          Scope.own(
              torch.empty(
                  new long[] {numLayers, 2, layout.kvHeads(), layout.rows(), perRow},
                  Tensors.options(layout.type(), device),
                  new MemoryFormatOptional()));
      this.address = memory.data_ptr().address();
    }
  }

  /// Address of the first layer's keys, on the host.
  long address() {
    return address;
  }

  /// All of it, on the host.
  @SuppressWarnings("restricted") // the memory of a live tensor
  MemorySegment segment() {
    return MemorySegment.ofAddress(address).reinterpret(memory.nbytes());
  }

  /// Rounds some tokens' keys and values, see [PagedAttention#encode].
  ///
  /// @param keys address of the first of them in [kvHeads, tokens, headDim], fp32, on the host
  /// @param values as keys
  boolean encode(int layer, int at, int count, long keys, long values, int tokens) {
    boolean finite = PagedAttention.encode(layout, keys, tokens, count, rows(layer, 0, at));
    finite &= PagedAttention.encode(layout, values, tokens, count, rows(layer, 1, at));
    return finite;
  }

  /// Reads the first tokens' keys and values of I8, see [PagedAttention#decode].
  void decode(int layer, int count, long keys, long values, int tokens) {
    PagedAttention.decode(layout, rows(layer, 0, 0), count, keys, tokens);
    PagedAttention.decode(layout, rows(layer, 1, 0), count, values, tokens);
  }

  /// Rounds the first tokens' keys and values of F16 to bf16, see [PagedAttention#narrow].
  void narrow(int layer, int count, long keys, long values, int tokens) {
    PagedAttention.narrow(layout, rows(layer, 0, 0), count, keys, tokens);
    PagedAttention.narrow(layout, rows(layer, 1, 0), count, values, tokens);
  }

  private long rows(int layer, int which, int at) {
    long headed = (long) layout.kvHeads() * layout.rows();
    return address + ((2L * layer + which) * headed + at) * layout.rowBytes();
  }

  /// A view of some tokens' keys, of other types than I8. [kvHeads, count, headDim]
  Tensor keys(int layer, int first, int count) {
    return view(layer, 0, first, count);
  }

  /// As [#keys].
  Tensor values(int layer, int first, int count) {
    return view(layer, 1, first, count);
  }

  private Tensor view(int layer, int which, int first, int count) {
    return memory.select(0, layer).select(0, which).narrow(1, first, count);
  }

  /// Copies the first tokens of another block.
  void copyFrom(KvBlock other, int count) {
    try (Scope _ = new Scope()) {
      memory.narrow(3, 0, count).copy_(other.memory.narrow(3, 0, count));
    }
  }

  void free() {
    memory.close();
  }
}
