package llava4j.tiny.data;

/// What questions can be asked about by name.
interface Nameable {

  String name();

  Noun noun();

  /// Several of it.
  default String plurals() {
    return noun() == Noun.COUNTED ? English.plural(name()) : name();
  }

  /// `is`, or `are`.
  default String verb() {
    return noun() == Noun.PLURAL ? "are" : "is";
  }

  /// With its article: `a cat`, `an owl`, `scissors`.
  default String withArticle() {
    return noun() == Noun.COUNTED ? English.article(name()) + " " + name() : name();
  }
}
