package llava4j.train.config;

/// What a run learns; everything else is frozen.
///
/// @param projector the connector
/// @param imageNewline the row-end vector, where the model has one
/// @param languageModel embedding, blocks and head
/// @param visionTower the image encoder; frozen in all runs of the paper
/// @param lora adapters on the language model; null for none
public record TrainableParts(
    boolean projector,
    boolean imageNewline,
    boolean languageModel,
    boolean visionTower,
    LoraSettings lora) {}
