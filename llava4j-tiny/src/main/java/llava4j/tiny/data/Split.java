package llava4j.tiny.data;

import java.util.Locale;

/// What an image may be made of.
enum Split {
  TRAIN,
  /// Known things in drawings of a style, known words in a font, digits by hands never trained on.
  NEW_STYLE,
  /// Things and words never trained on, in known styles and fonts.
  NEW_CONCEPT;

  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
