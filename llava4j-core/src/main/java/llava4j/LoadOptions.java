package llava4j;

import java.util.Optional;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.image.ImageMode;
import llava4j.model.LoadProgress;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import llava4j.text.ConversationTemplate;

/// How to load a model.
///
/// @param checkpoint what the checkpoint does not say of itself
/// @param template the conversation template, if not the model's own chat template
/// @param imageMode how pictures are cut, if not as the checkpoint says
/// @param progress hears each tensor
public record LoadOptions(
    CheckpointOptions checkpoint,
    Device device,
    WeightFormat weights,
    Optional<ConversationTemplate> template,
    Optional<ImageMode> imageMode,
    LoadProgress progress) {

  /// On the processor, weights as stored, everything else from the checkpoint.
  public static LoadOptions defaults() {
    return new LoadOptions(
        CheckpointOptions.none(),
        new Device.Cpu(),
        WeightFormat.AUTO,
        Optional.empty(),
        Optional.empty(),
        LoadProgress.NONE);
  }

  public LoadOptions withCheckpoint(CheckpointOptions other) {
    return new LoadOptions(other, device, weights, template, imageMode, progress);
  }

  public LoadOptions withDevice(Device other) {
    return new LoadOptions(checkpoint, other, weights, template, imageMode, progress);
  }

  public LoadOptions withWeights(WeightFormat other) {
    return new LoadOptions(checkpoint, device, other, template, imageMode, progress);
  }

  public LoadOptions withTemplate(ConversationTemplate other) {
    return new LoadOptions(checkpoint, device, weights, Optional.of(other), imageMode, progress);
  }

  public LoadOptions withImageMode(ImageMode other) {
    return new LoadOptions(checkpoint, device, weights, template, Optional.of(other), progress);
  }

  public LoadOptions withProgress(LoadProgress other) {
    return new LoadOptions(checkpoint, device, weights, template, imageMode, other);
  }
}
