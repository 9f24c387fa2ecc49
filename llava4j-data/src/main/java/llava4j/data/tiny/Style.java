package llava4j.data.tiny;

/// Who drew a thing, and how.
enum Style {
  NOTO,
  FLUENT_3D,
  FLUENT_FLAT,
  NOTO_V1,
  EMOJIONE,
  FXEMOJI,
  /// Lines, in any colour.
  TABLER,
  OPENCLIPART,
  /// Never trained on: known things in drawings that the model has not seen.
  TWITTER;

  boolean heldOut() {
    return this == TWITTER;
  }
}
