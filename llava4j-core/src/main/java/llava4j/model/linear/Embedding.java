package llava4j.model.linear;

import llava4j.quant.BlockMatrix;
import llava4j.quant.BlockWidener;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The rows of the embedding table.
public sealed interface Embedding {
  /// @param ids each in 0..vocab-1
  /// @return [tokens, dim], in the type and on the device of the table
  Tensor rows(int[] ids);

  /// A table in memory.
  ///
  /// @param weight [vocab, dim]
  record Table(Tensor weight) implements Embedding {
    @Override
    public Tensor rows(int[] ids) {
      try (Scope scope = new Scope()) {
        Tensor index = Tensors.ofIds(ids).to(weight.device(), DType.I64.scalarType()); // [tokens]
        return scope.keep(weight.index_select(0, index)); // [tokens, dim]
      }
    }
  }

  /// Quantised blocks where their file has them: a row is decoded when it is asked for, and the
  /// table takes no memory.
  ///
  /// @param weight [vocab, dim], whose file stays open
  record Blocks(BlockMatrix weight) implements Embedding {
    @Override
    public Tensor rows(int[] ids) {
      long dim = weight.columns();
      Tensor rows =
          torch.empty(
              new long[] {ids.length, dim},
              Tensors.options(DType.F32),
              new MemoryFormatOptional()); // [tokens, dim]
      long address = rows.data_ptr().address();
      for (int i = 0; i < ids.length; i++) {
        BlockWidener.toF32(weight, ids[i], 1, address + i * dim * Float.BYTES);
      }
      return rows;
    }
  }
}
