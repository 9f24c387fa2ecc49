package llava4j.train;

/// What one optimiser step did.
///
/// @param step counted from 1: this many steps are done now
/// @param loss mean over micro-batches and processes, before the update
/// @param gradNorm of all gradients together, before clipping
/// @param learningRate that this update used
/// @param projectorLearningRate the same for the projector's group
/// @param samples of this step, all processes
/// @param tokens rows that went through the language model, images included, padding excluded
/// @param supervised tokens that contributed loss
/// @param seconds wall time of this step
/// @param flops floating point operations of this step, all processes, recomputation excluded
/// @param residentBytes memory of the first process
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

  /// Share of the machine's peak that the model's own arithmetic took (MFU), 0 if the peak is
  /// unknown.
  public double utilisation(double peakFlops) {
    return peakFlops > 0 ? flops / seconds / peakFlops : 0;
  }
}
