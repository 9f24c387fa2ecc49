package llava4j.train.config;

/// The parts that a run trains; everything else is frozen.
///
/// @param projector the projector
/// @param imageNewline the `image_newline` vector, if the model has one
/// @param languageModel embedding table, decoder blocks and head
/// @param visionTower the vision tower; frozen in all runs of the paper
/// @param lora LoRA adapters of the language model; null for none
public record TrainableParts(
    boolean projector,
    boolean imageNewline,
    boolean languageModel,
    boolean visionTower,
    LoraSettings lora) {}
