package llava4j.tiny.data;

/// How a name behaves in a sentence.
enum Noun {
  /// `a cat`, `two cats`
  COUNTED,
  /// `scissors`: plural already
  PLURAL,
  /// `bread`: no article, no plural
  MASS
}
