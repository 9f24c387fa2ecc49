package llava4j.train.optim;

import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The AdamW optimiser (Loshchilov and Hutter, arXiv 1711.05101), computed by libtorch's fused
/// kernel: one pass over memory per update.
public final class AdamW {

  /// Hyperparameters: the betas in [0, 1), epsilon above 0.
  public record Settings(double beta1, double beta2, double epsilon) {
    public Settings {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
        throw new BadInputException(
            "beta1 is " + beta1 + " and beta2 is " + beta2 + "; both must be in [0, 1)");
      }
      if (!(epsilon > 0)) {
        throw new BadInputException("adam epsilon is " + epsilon + "; it must be above 0");
      }
    }
  }

  private final Settings settings;
  private final OperatorHandle operator;

  public AdamW(Settings settings) {
    this.settings = settings;
    try (Scope _ = new Scope()) {
      this.operator = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", "");
      operator.retainReference();
    }
  }

  /// Settings of one update of a range of parameters.
  ///
  /// @param number step number, counted from 1
  /// @param gradientFactor the gradient is multiplied by it, for gradient clipping
  public record Step(long number, double learningRate, double weightDecay, double gradientFactor) {}

  /// Updates a range of parameters and its moments in place. All tensors must have the same type,
  /// device and length.
  public void update(
      Tensor parameters, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Step step) {
    try (Scope _ = new Scope()) {
      Tensor steps = number((double) step.number(), parameters); // []
      IValueVector arguments = new IValueVector();
      arguments.push_back(listOf(parameters));
      arguments.push_back(listOf(gradient));
      arguments.push_back(listOf(firstMoment));
      arguments.push_back(listOf(secondMoment));
      arguments.push_back(new IValue(emptyList()));
      arguments.push_back(listOf(steps));
      arguments.push_back(new IValue(step.learningRate()));
      arguments.push_back(new IValue(settings.beta1()));
      arguments.push_back(new IValue(settings.beta2()));
      arguments.push_back(new IValue(step.weightDecay()));
      arguments.push_back(new IValue(settings.epsilon()));
      arguments.push_back(new IValue(false)); // amsgrad
      arguments.push_back(new IValue(false)); // maximize
      arguments.push_back(
          step.gradientFactor() == 1
              ? new IValue()
              : new IValue(number(1 / step.gradientFactor(), parameters))); // divides
      arguments.push_back(new IValue()); // found_inf
      operator.callBoxed(arguments);
    }
  }

  private static Tensor number(double value, Tensor beside) {
    return torch.full(
        new long[] {},
        new Scalar(value),
        Tensors.options(DType.F32).device(new DeviceOptional(beside.device())));
  }

  private static IValue listOf(Tensor tensor) {
    GenericList list = emptyList();
    list.push_back(new IValue(tensor));
    return new IValue(list);
  }

  private static GenericList emptyList() {
    return new GenericList(
        torch.parseSchema("f(Tensor[] x) -> ()").arguments().type().get().containedType(0));
  }
}
