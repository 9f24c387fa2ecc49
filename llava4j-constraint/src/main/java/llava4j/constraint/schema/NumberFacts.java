package llava4j.constraint.schema;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import llava4j.constraint.regex.Regex;
import tools.jackson.databind.JsonNode;

/// Facts about a number, as the language of its texts.
final class NumberFacts extends Facts {
  private Regex language;
  private boolean demanding;

  NumberFacts(Context context) {
    super(context);
    this.language = context.numbers().full();
  }

  /// The texts that the number may have.
  Regex language() {
    return language;
  }

  /// Demands that the number's text, without an exponent, is of a language.
  void demand(Regex more) {
    Regex before = demanding ? language : context.numbers().plain();
    language = context.pool().and(before, more);
    demanding = true;
  }

  private void demandNot(Regex wrong) {
    demand(context.pool().not(wrong));
  }

  /// Demands a whole number without a fraction.
  void demandInteger() {
    demand(context.numbers().integer());
  }

  /// The way to be no whole number.
  Way fractionWay() {
    return Way.of(NumberFacts.class, facts -> facts.demandNot(context.numbers().integral()));
  }

  @Override
  Facts copy() {
    NumberFacts copy = new NumberFacts(context);
    copy.language = language;
    copy.demanding = demanding;
    return copy;
  }

  private Regex low(BigDecimal bound, boolean strict) {
    return context.numbers().atLeast(bound, strict);
  }

  private Regex high(BigDecimal bound, boolean strict) {
    return context.numbers().atMost(bound, strict);
  }

  @Override
  List<List<Way>> fulfil(JsonNode schema) {
    SchemaDocument document = context.document();
    boolean strictLow = schema.path("exclusiveMinimum").asBoolean(false);
    boolean strictHigh = schema.path("exclusiveMaximum").asBoolean(false);
    document.number(schema, "minimum").ifPresent(one -> demand(low(one, strictLow)));
    document.number(schema, "maximum").ifPresent(one -> demand(high(one, strictHigh)));
    document.number(schema, "exclusiveMinimum").ifPresent(one -> demand(low(one, true)));
    document.number(schema, "exclusiveMaximum").ifPresent(one -> demand(high(one, true)));
    multiple(schema).ifPresent(this::demand);
    return List.of();
  }

  private Optional<Regex> multiple(JsonNode schema) {
    SchemaDocument document = context.document();
    return document
        .number(schema, "multipleOf")
        .map(one -> {
          if (one.signum() <= 0) {
            throw document.wrong(schema, "multipleOf", "must be above 0");
          }
          try {
            return context.pool().multipleOf(one);
          } catch (ArithmeticException e) {
            throw document.wrong(
                schema,
                "multipleOf",
                "has more than five digits, which is not supported; use fewer");
          }
        });
  }

  @Override
  void miss(JsonNode schema, List<Way> ways) {
    SchemaDocument document = context.document();
    boolean strictLow = schema.path("exclusiveMinimum").asBoolean(false);
    boolean strictHigh = schema.path("exclusiveMaximum").asBoolean(false);
    document.number(schema, "minimum").ifPresent(one -> ways.add(demanded(high(one, !strictLow))));
    document.number(schema, "maximum").ifPresent(one -> ways.add(demanded(low(one, !strictHigh))));
    document
        .number(schema, "exclusiveMinimum")
        .ifPresent(one -> ways.add(demanded(high(one, false))));
    document
        .number(schema, "exclusiveMaximum")
        .ifPresent(one -> ways.add(demanded(low(one, false))));
    multiple(schema).ifPresent(one -> ways.add(demanded(context.pool().not(one))));
  }

  private static Way demanded(Regex language) {
    return Way.of(NumberFacts.class, facts -> facts.demand(language));
  }

  @Override
  List<List<Way>> beOneOf(List<JsonNode> values, JsonNode schema) {
    demand(
        context
            .pool()
            .or(
                values.stream()
                    .map(one -> context.numbers().usual(context.document().sound(schema, one)))
                    .toList()));
    return List.of();
  }

  @Override
  List<Way> beNoneOf(List<JsonNode> values, JsonNode schema) {
    Regex listed =
        context
            .pool()
            .or(
                values.stream()
                    .map(one -> context.numbers().forms(context.document().sound(schema, one)))
                    .toList());
    return List.of(Way.of(NumberFacts.class, facts -> facts.demandNot(listed)));
  }

  @Override
  boolean isDead() {
    return !language.isLive();
  }
}
