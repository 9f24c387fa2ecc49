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
  private final Tensor memory; // [layers, 2, kvHeads, rows, headDim]
  private final long address;
  int references;

  KvBlock(PagedAttention.Layout layout, int numLayers, Device device) {
    try (Scope _ = new Scope()) {
      this.memory =
          Scope.own(
              torch.empty(
                  new long[] {numLayers, 2, layout.kvHeads(), layout.rows(), layout.headDim()},
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

  /// A view of some tokens' keys. [kvHeads, count, headDim]
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
