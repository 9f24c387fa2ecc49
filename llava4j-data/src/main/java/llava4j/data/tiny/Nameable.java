package llava4j.data.tiny;

/// What questions can be asked about by name.
interface Nameable {

  String name();

  /// Whether the name is a plural already.
  boolean plural();

  /// Several of it.
  String plurals();

  /// With its article: `a cat`, `an owl`, `scissors`.
  default String withArticle() {
    return plural() ? name() : English.article(name()) + " " + name();
  }
}
