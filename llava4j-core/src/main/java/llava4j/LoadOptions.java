package llava4j;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.image.ImageMode;
import llava4j.model.linear.PrefillMode;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.Device;
import llava4j.tensor.ThreadCount;
import llava4j.tensor.WeightFormat;
import llava4j.text.template.ConversationTemplate;

/// Options for loading a model.
///
/// @param checkpoint what is not in the checkpoint itself
/// @param prefill how prompts are multiplied by quantised weights; other than AUTO, it is refused
///   for a model that has none
/// @param template the conversation template; empty for the model's own chat template
/// @param imageMode how images are preprocessed; empty for the mode in the checkpoint
/// @param progress called for each loaded tensor
/// @param threads of every operator, for the whole process, because libtorch has one number for it;
///   empty for `LLAVA_THREADS`, or else the processors that the process may use
public record LoadOptions(
    CheckpointOptions checkpoint,
    Device device,
    WeightFormat weights,
    PrefillMode prefill,
    Optional<ConversationTemplate> template,
    Optional<ImageMode> imageMode,
    LoadProgress progress,
    OptionalInt threads) {

  public LoadOptions {
    if (threads.isPresent()) {
      ThreadCount _ = ThreadCount.of(threads, Map.of(), 1);
    }
  }

  /// On the CPU, with weights as stored, and everything else as in the checkpoint.
  public static LoadOptions defaults() {
    return new LoadOptions(
        CheckpointOptions.none(),
        new Device.Cpu(),
        WeightFormat.AUTO,
        PrefillMode.AUTO,
        Optional.empty(),
        Optional.empty(),
        LoadProgress.NONE,
        OptionalInt.empty());
  }

  public LoadOptions withCheckpoint(CheckpointOptions other) {
    return new LoadOptions(other, device, weights, prefill, template, imageMode, progress, threads);
  }

  public LoadOptions withDevice(Device other) {
    return new LoadOptions(
        checkpoint, other, weights, prefill, template, imageMode, progress, threads);
  }

  public LoadOptions withWeights(WeightFormat other) {
    return new LoadOptions(
        checkpoint, device, other, prefill, template, imageMode, progress, threads);
  }

  public LoadOptions withPrefill(PrefillMode other) {
    return new LoadOptions(
        checkpoint, device, weights, other, template, imageMode, progress, threads);
  }

  public LoadOptions withTemplate(ConversationTemplate other) {
    return new LoadOptions(
        checkpoint, device, weights, prefill, Optional.of(other), imageMode, progress, threads);
  }

  public LoadOptions withImageMode(ImageMode other) {
    return new LoadOptions(
        checkpoint, device, weights, prefill, template, Optional.of(other), progress, threads);
  }

  public LoadOptions withProgress(LoadProgress other) {
    return new LoadOptions(
        checkpoint, device, weights, prefill, template, imageMode, other, threads);
  }

  public LoadOptions withThreads(int other) {
    return new LoadOptions(
        checkpoint, device, weights, prefill, template, imageMode, progress, OptionalInt.of(other));
  }
}
