package llava4j.spark;

import java.io.Serializable;
import java.nio.file.Path;
import llava4j.LoadOptions;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.error.BadInputException;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import llava4j.text.template.ConversationTemplate;

/// Which model executors load, and how: what is equal is loaded once. What is null was not set.
///
/// @param model a model folder or a `.gguf` file, at the same path on every executor or sent along
/// @param base the base model of a LoRA adapter or a projector
/// @param visionTower the CLIP model of a checkpoint in the original layout
/// @param mmproj the vision file of a `.gguf` model
/// @param weights format in memory: auto (also if null), fp32, fp16, bf16, q8 or q4
/// @param device cpu (also if null), cuda, cuda:N or auto
/// @param template conversation template instead of the model's own
/// @param threads by default `LLAVA_THREADS` or `OMP_NUM_THREADS`, or else `spark.executor.cores`,
///   or else the processors that the executor may use
public record ModelSettings(
    String model,
    String base,
    String visionTower,
    String mmproj,
    String weights,
    String device,
    String template,
    Integer threads)
    implements Serializable {

  /// @throws BadInputException if there is no model
  public ModelSettings {
    if (model == null || model.isBlank()) {
      throw new BadInputException(
          "model is not set; set it to a model folder or a .gguf file that every executor has");
    }
    weights = weights == null ? "auto" : weights;
    device = device == null ? "cpu" : device;
  }

  /// A model with everything else as it is by default.
  public static ModelSettings of(String model) {
    return new ModelSettings(model, null, null, null, null, null, null, null);
  }

  public ModelSettings withWeights(String format) {
    return new ModelSettings(model, base, visionTower, mmproj, format, device, template, threads);
  }

  public ModelSettings withTemplate(String name) {
    return new ModelSettings(model, base, visionTower, mmproj, weights, device, name, threads);
  }

  public ModelSettings withThreads(int count) {
    return new ModelSettings(model, base, visionTower, mmproj, weights, device, template, count);
  }

  /// Checks what can be checked where the model need not be.
  ///
  /// @throws BadInputException if a setting is not one that exists
  void requireValid() {
    WeightFormat _ = WeightFormat.parse(weights);
    if (template != null) {
      ConversationTemplate _ = ConversationTemplate.parse(template);
    }
    if (threads != null && (threads < 1 || threads > 1024)) {
      throw new BadInputException("threads must be between 1 and 1024, not " + threads);
    }
    if (!device.matches("auto|cpu|cuda(:\\d{1,3})?")) {
      throw new BadInputException("unknown device '" + device + "': use cpu, cuda, cuda:N or auto");
    }
  }

  /// The options, on the machine that loads the model.
  LoadOptions loadOptions() {
    CheckpointOptions checkpoint = CheckpointOptions.none();
    if (base != null) {
      checkpoint = checkpoint.withBase(ExecutorPlace.find(base));
    }
    if (visionTower != null) {
      checkpoint = checkpoint.withVisionTower(ExecutorPlace.find(visionTower));
    }
    if (mmproj != null) {
      checkpoint = checkpoint.withMmproj(Path.of(ExecutorPlace.find(mmproj)));
    }
    LoadOptions options =
        LoadOptions.defaults()
            .withCheckpoint(checkpoint)
            .withDevice(Device.parse(device))
            .withWeights(WeightFormat.parse(weights));
    if (template != null) {
      options = options.withTemplate(ConversationTemplate.parse(template));
    }
    int count = threads == null ? ExecutorPlace.cores() : threads;
    return count == 0 ? options : options.withThreads(count);
  }
}
