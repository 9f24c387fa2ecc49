package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Facts about a list.
final class ArrayFacts extends Facts {
  /// Stands for no limit.
  static final int UNBOUNDED = Integer.MAX_VALUE;

  /// What one schema says of the items.
  ///
  /// @param first terms of the first items
  /// @param rest the term of all others
  record Items(List<Integer> first, int rest) {}

  /// How many items must fulfil a term.
  ///
  /// @param from the first item that counts
  record Contains(int term, int from, int min, int max) {}

  private final List<Items> items = new ArrayList<>();
  private final List<Contains> contains = new ArrayList<>();
  private int min;
  private int max = UNBOUNDED;

  ArrayFacts(Context context) {
    super(context);
  }

  int min() {
    return min;
  }

  int max() {
    return max;
  }

  List<Contains> contains() {
    return contains;
  }

  /// How many items have terms of their own.
  int first() {
    return items.stream().mapToInt(one -> one.first().size()).max().orElse(0);
  }

  /// What an item must fulfil.
  List<Integer> terms(int index) {
    List<Integer> all = new ArrayList<>();
    for (Items one : items) {
      all.add(index < one.first().size() ? one.first().get(index) : one.rest());
    }
    return Terms.all(all);
  }

  @Override
  Facts copy() {
    ArrayFacts copy = new ArrayFacts(context);
    copy.items.addAll(items);
    copy.contains.addAll(contains);
    copy.min = min;
    copy.max = max;
    return copy;
  }

  private void atLeast(int count) {
    min = Math.max(min, count);
  }

  private void atMost(int count) {
    max = Math.min(max, count);
  }

  @Override
  List<List<Way>> fulfil(JsonNode schema) {
    SchemaDocument document = context.document();
    document.count(schema, "minItems").ifPresent(this::atLeast);
    document.count(schema, "maxItems").ifPresent(this::atMost);
    Items here = items(schema);
    if (!here.first().isEmpty() || here.rest() != Terms.TRUE) {
      items.add(here);
    }
    if (schema.has("contains")) {
      contains.add(contains(schema));
    }
    if (schema.path("uniqueItems").asBoolean(false)
        && document.count(schema, "maxItems").orElse(UNBOUNDED) > 1) {
      throw document.wrong(
          schema, "uniqueItems", "is not supported; remove it and check the answer for it");
    }
    return List.of();
  }

  private Items items(JsonNode schema) {
    SchemaDocument document = context.document();
    List<Integer> first = new ArrayList<>();
    JsonNode list = schema.get("items");
    JsonNode rest = list;
    if (schema.has("prefixItems")) {
      list = schema.get("prefixItems");
    } else if (list != null && list.isArray()) {
      rest = schema.get("additionalItems");
    } else {
      list = null;
    }
    if (list != null) {
      if (!list.isArray()) {
        throw document.wrong(schema, "prefixItems", "must be a list");
      }
      for (JsonNode one : list) {
        first.add(term(one, schema, "items"));
      }
    }
    return new Items(first, rest == null ? Terms.TRUE : term(rest, schema, "items"));
  }

  private int term(JsonNode node, JsonNode schema, String keyword) {
    if (!node.isObject() && !node.isBoolean()) {
      throw context.document().wrong(schema, keyword, "must be a schema");
    }
    return context.terms().of(node);
  }

  private Contains contains(JsonNode schema) {
    SchemaDocument document = context.document();
    return new Contains(
        term(schema.get("contains"), schema, "contains"),
        0,
        document.count(schema, "minContains").orElse(1),
        document.count(schema, "maxContains").orElse(UNBOUNDED));
  }

  @Override
  void miss(JsonNode schema, List<Way> ways) {
    SchemaDocument document = context.document();
    document
        .count(schema, "minItems")
        .ifPresent(count -> {
          if (count > 0) {
            ways.add(Way.of(ArrayFacts.class, facts -> facts.atMost(count - 1)));
          }
        });
    document
        .count(schema, "maxItems")
        .ifPresent(count -> ways.add(Way.of(ArrayFacts.class, facts -> facts.atLeast(count + 1))));
    Items here = items(schema);
    for (int i = 0; i < here.first().size(); i++) {
      int index = i;
      int wrong = Terms.not(here.first().get(i));
      if (wrong != Terms.FALSE) {
        ways.add(Way.of(ArrayFacts.class, facts -> facts.missAt(index, wrong)));
      }
    }
    int wrong = Terms.not(here.rest());
    if (wrong != Terms.FALSE) {
      Contains some = new Contains(wrong, here.first().size(), 1, UNBOUNDED);
      ways.add(Way.of(ArrayFacts.class, facts -> facts.contains.add(some)));
    }
    if (schema.has("contains")) {
      Contains all = contains(schema);
      if (all.min() > 0) {
        Contains fewer = new Contains(all.term(), 0, 0, all.min() - 1);
        ways.add(Way.of(ArrayFacts.class, facts -> facts.contains.add(fewer)));
      }
      if (all.max() < UNBOUNDED) {
        Contains more = new Contains(all.term(), 0, all.max() + 1, UNBOUNDED);
        ways.add(Way.of(ArrayFacts.class, facts -> facts.contains.add(more)));
      }
    }
    if (schema.path("uniqueItems").asBoolean(false)) {
      throw document.wrong(schema, "uniqueItems", "is not supported; remove it");
    }
  }

  private void missAt(int index, int wrong) {
    List<Integer> first = new ArrayList<>();
    for (int i = 0; i < index; i++) {
      first.add(Terms.TRUE);
    }
    first.add(wrong);
    items.add(new Items(first, Terms.TRUE));
    atLeast(index + 1);
  }

  @Override
  List<List<Way>> beOneOf(List<JsonNode> values, JsonNode schema) {
    return Exactly.oneOf(values, schema, context);
  }

  @Override
  List<Way> beNoneOf(List<JsonNode> values, JsonNode schema) {
    return Exactly.noneOf(values, schema, context);
  }

  @Override
  boolean isDead() {
    return min > max;
  }
}
