package llava4j.train;

/// The result of one optimiser step.
///
/// @param step counted from 1: the number of steps done
/// @param loss mean over micro-batches and processes, before the update
/// @param gradNorm L2 norm of all gradients together, before clipping
/// @param learningRate used by this update
/// @param projectorLearningRate used for the projector
/// @param samples in this step, all processes
/// @param tokens text and image tokens that went through the language model, padding excluded
/// @param supervised tokens that contributed to the loss
/// @param seconds wall time of this step
/// @param flops floating point operations of this step, all processes, recomputation by gradient
///   checkpointing excluded
/// @param residentBytes resident memory of the first process
public record StepReport(
    long step,
    long totalSteps,
    double loss,
    double gradNorm,
    double learningRate,
    double projectorLearningRate,
    int samples,
    long tokens,
    long supervised,
    double seconds,
    double flops,
    long residentBytes) {

  public double samplesPerSecond() {
    return samples / seconds;
  }

  public double tokensPerSecond() {
    return tokens / seconds;
  }

  /// Model FLOPs utilisation (MFU), from 0 to 1: the share of the peak that this step reached; 0 if
  /// the peak is unknown.
  ///
  /// @param peakFlops peak floating point operations per second of all processes
  public double utilisation(double peakFlops) {
    return peakFlops > 0 ? flops / seconds / peakFlops : 0;
  }
}
