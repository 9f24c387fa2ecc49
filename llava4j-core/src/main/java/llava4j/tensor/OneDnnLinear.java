package llava4j.tensor;

import java.util.Optional;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// oneDNN's linear layer: an operator of libtorch that is not in its Java interface.
///
/// It runs on libtorch's own threads. `torch.linear` uses OpenBLAS, which has a second thread pool,
/// and the spinning threads of each pool occupy the cores that the other pool needs: on two cores,
/// encoding an image took three times as long as its matrix products. No gradients.
public final class OneDnnLinear {
  private final OperatorHandle operator;
  private final OperatorHandle packer;
  private final GenericList noScalars;

  private OneDnnLinear(OperatorHandle operator, OperatorHandle packer, GenericList noScalars) {
    this.operator = operator;
    this.packer = packer;
    this.noScalars = noScalars;
  }

  /// The operator; empty if this build of libtorch has no oneDNN.
  public static Optional<OneDnnLinear> find() {
    if (!torch.hasMKLDNN()) {
      return Optional.empty();
    }
    try (Scope _ = new Scope()) {
      OperatorHandle operator =
          Dispatcher.singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "");
      OperatorHandle packer =
          Dispatcher.singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "");
      GenericList noScalars =
          new GenericList(
              torch.parseSchema("f(Scalar?[] x) -> ()").arguments().type().get().containedType(0));
      operator.retainReference();
      packer.retainReference();
      noScalars.retainReference();
      return Optional.of(new OneDnnLinear(operator, packer, noScalars));
    }
  }

  /// A copy of a matrix in the blocked layout that is fastest for products with about `rows` rows.
  /// It can be used only with [#forward].
  ///
  /// @param weight [out, in] fp32
  public Tensor pack(Tensor weight, long rows) {
    try (Scope scope = new Scope()) {
      IValueVector arguments = new IValueVector();
      arguments.push_back(new IValue(weight));
      arguments.push_back(new IValue(rows));
      packer.callBoxed(arguments);
      return scope.keep(new Tensor(arguments.get(0).toTensor()));
    }
  }

  /// x Wᵀ + b.
  ///
  /// @param input fp32 on the host, [..., in]
  /// @param weight [out, in], plain or packed
  /// @param biasOrNull `[out]`
  /// @return [..., out]
  public Tensor forward(Tensor input, Tensor weight, Tensor biasOrNull) {
    int _ = NativeRuntime.numThreads(); // also sets the number for the calling thread
    try (Scope scope = new Scope()) {
      IValueVector arguments = new IValueVector();
      arguments.push_back(new IValue(input));
      arguments.push_back(new IValue(weight));
      arguments.push_back(biasOrNull == null ? new IValue() : new IValue(biasOrNull));
      arguments.push_back(new IValue("none"));
      arguments.push_back(new IValue(noScalars));
      arguments.push_back(new IValue());
      operator.callBoxed(arguments);
      // a separate handle, because the one in the list is freed with the list
      return scope.keep(new Tensor(arguments.get(0).toTensor()));
    }
  }
}
