package llava4j.tiny.data;

/// Who drew a thing, and how.
enum Style {
  NOTO,
  FLUENT_3D,
  FLUENT_FLAT,
  NOTO_V1,
  EMOJIONE,
  FXEMOJI,
  STREAMLINE,
  ICON_PARK,
  /// Lines, in any colour; so are the next three.
  TABLER,
  EMOJIONE_LINES,
  FLUENT_LINES,
  GAME_ICONS,
  OPENCLIPART,
  /// Copyleft: only for who asks for it.
  OPENMOJI,
  /// Copyleft too.
  ART4APPS,
  /// Never trained on: known things in drawings that the model has not seen.
  TWITTER;

  boolean heldOut() {
    return this == TWITTER;
  }

  /// Drawn in one colour, whichever.
  boolean isLines() {
    return switch (this) {
      case TABLER, EMOJIONE_LINES, FLUENT_LINES, GAME_ICONS -> true;
      case NOTO,
          FLUENT_3D,
          FLUENT_FLAT,
          NOTO_V1,
          EMOJIONE,
          FXEMOJI,
          STREAMLINE,
          ICON_PARK,
          OPENCLIPART,
          OPENMOJI,
          ART4APPS,
          TWITTER ->
          false;
    };
  }
}
