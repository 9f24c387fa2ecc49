package llava4j.constraint.schema;

import java.util.List;
import java.util.Optional;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.regex.CharSet;
import llava4j.constraint.regex.Patterns;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;
import tools.jackson.databind.JsonNode;

/// Facts about a text, as the language of its characters.
final class StringFacts extends Facts {
  private Regex language;

  StringFacts(Context context) {
    super(context);
    this.language = context.pool().any();
  }

  /// The characters that the text may have.
  Regex language() {
    return language;
  }

  private void demand(Regex more) {
    language = context.pool().and(language, more);
  }

  @Override
  Facts copy() {
    StringFacts copy = new StringFacts(context);
    copy.language = language;
    return copy;
  }

  private Regex length(int min, int max) {
    return context.pool().repeat(context.pool().chars(CharSet.ALL), min, max);
  }

  @Override
  List<List<Way>> fulfil(JsonNode schema) {
    SchemaDocument document = context.document();
    document.count(schema, "minLength").ifPresent(count -> demand(length(count, -1)));
    document.count(schema, "maxLength").ifPresent(count -> demand(length(0, count)));
    pattern(context, schema, "pattern").ifPresent(this::demand);
    format(schema).ifPresent(this::demand);
    return List.of();
  }

  /// The language in which a keyword's expression is found.
  static Optional<Regex> pattern(Context context, JsonNode schema, String keyword) {
    JsonNode value = schema.get(keyword);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw context.document().wrong(schema, keyword, "must be a text");
    }
    return Optional.of(search(context, schema, keyword, value.stringValue()));
  }

  static Regex search(Context context, JsonNode schema, String keyword, String expression) {
    try {
      return Patterns.search(context.pool(), expression);
    } catch (ConstraintException e) {
      throw new ConstraintException(
          "the keyword '"
              + keyword
              + "' at "
              + context.document().pointer(schema)
              + " of the schema: "
              + e.getMessage(),
          e);
    }
  }

  private Optional<Regex> format(JsonNode schema) {
    JsonNode value = schema.get("format");
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw context.document().wrong(schema, "format", "must be a text");
    }
    Optional<String> expression = Formats.expression(value.stringValue());
    if (expression.isEmpty()) {
      if (Formats.isDefined(value.stringValue())) {
        throw context
            .document()
            .wrong(schema, "format", "is '" + value.stringValue() + "', which is not supported");
      }
      context.document().ignore(schema, "format");
    }
    RegexPool pool = context.pool();
    return expression.map(text ->
        Formats.all(text).stream()
            .map(one -> Patterns.match(pool, one))
            .reduce(pool.any(), pool::and));
  }

  @Override
  void miss(JsonNode schema, List<Way> ways) {
    SchemaDocument document = context.document();
    document
        .count(schema, "minLength")
        .ifPresent(count ->
            ways.add(demanded(count == 0 ? context.pool().never() : length(0, count - 1))));
    document
        .count(schema, "maxLength")
        .ifPresent(count -> ways.add(demanded(length(count + 1, -1))));
    pattern(context, schema, "pattern")
        .ifPresent(one -> ways.add(demanded(context.pool().not(one))));
    if (format(schema).isPresent()) {
      throw document.wrong(
          schema,
          "format",
          "would have to be missed (under 'not', 'if' or an overlapping 'oneOf'), which is not"
              + " supported; use 'pattern'");
    }
  }

  private static Way demanded(Regex language) {
    return Way.of(StringFacts.class, facts -> facts.demand(language));
  }

  @Override
  List<List<Way>> beOneOf(List<JsonNode> values, JsonNode schema) {
    demand(listed(values));
    return List.of();
  }

  @Override
  List<Way> beNoneOf(List<JsonNode> values, JsonNode schema) {
    return List.of(demanded(context.pool().not(listed(values))));
  }

  private Regex listed(List<JsonNode> values) {
    return context.pool().literals(values.stream().map(JsonNode::stringValue).toList());
  }

  @Override
  boolean isDead() {
    return !language.isLive();
  }
}
