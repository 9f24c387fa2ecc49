package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;
import tools.jackson.databind.JsonNode;

/// Facts about an object.
final class ObjectFacts extends Facts {

  /// What one schema says of the members.
  ///
  /// @param named terms of members by their names, in the schema's order
  /// @param matching terms of members whose names are of a language
  /// @param rest the term of all others
  record Members(Map<String, Integer> named, List<Matching> matching, int rest) {}

  /// A term of members whose names are of a language.
  record Matching(Regex names, int term) {}

  /// A member that must be there: its name is of a language and fulfils a term, its value fulfils
  /// another.
  record Exists(Regex names, int nameTerm, int term) {}

  private final List<Members> members = new ArrayList<>();
  private final Set<String> required = new LinkedHashSet<>();
  private final Set<String> forbidden = new TreeSet<>();
  private final Map<String, List<Integer>> extra = new HashMap<>();
  private final List<Integer> nameTerms = new ArrayList<>();
  private final List<Exists> exists = new ArrayList<>();
  private int min;
  private int max = ArrayFacts.UNBOUNDED;

  ObjectFacts(Context context) {
    super(context);
  }

  Set<String> required() {
    return required;
  }

  Set<String> forbidden() {
    return forbidden;
  }

  List<Integer> nameTerms() {
    return nameTerms;
  }

  List<Exists> exists() {
    return exists;
  }

  List<Members> members() {
    return members;
  }

  int min() {
    return Math.max(min, required.size());
  }

  int max() {
    return max;
  }

  /// Names that are spoken of, in the schema's order.
  Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    members.forEach(one -> names.addAll(one.named().keySet()));
    names.addAll(required);
    names.addAll(extra.keySet());
    return names;
  }

  /// What the value of a name must fulfil.
  List<Integer> terms(String name) {
    List<Integer> all = new ArrayList<>(extra.getOrDefault(name, List.of()));
    for (Members one : members) {
      boolean spoken = one.named().containsKey(name);
      if (spoken) {
        all.add(one.named().get(name));
      }
      for (Matching matching : one.matching()) {
        if (matching.names().matches(name)) {
          all.add(matching.term());
          spoken = true;
        }
      }
      if (!spoken) {
        all.add(one.rest());
      }
    }
    return Terms.all(all);
  }

  @Override
  Facts copy() {
    ObjectFacts copy = new ObjectFacts(context);
    copy.members.addAll(members);
    copy.required.addAll(required);
    copy.forbidden.addAll(forbidden);
    extra.forEach((name, terms) -> copy.extra.put(name, new ArrayList<>(terms)));
    copy.nameTerms.addAll(nameTerms);
    copy.exists.addAll(exists);
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

  private Members members(JsonNode schema) {
    SchemaDocument document = context.document();
    Map<String, Integer> named = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : document.members(schema, "properties")) {
      named.put(entry.getKey(), term(schema, "properties", entry.getValue()));
    }
    List<Matching> matching = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : document.members(schema, "patternProperties")) {
      Regex names = StringFacts.search(context, schema, "patternProperties", entry.getKey());
      matching.add(new Matching(names, term(schema, "patternProperties", entry.getValue())));
    }
    JsonNode rest = schema.get("additionalProperties");
    return new Members(
        named, matching, rest == null ? Terms.TRUE : term(schema, "additionalProperties", rest));
  }

  private int term(JsonNode schema, String keyword, JsonNode value) {
    if (!value.isObject() && !value.isBoolean()) {
      throw context.document().wrong(schema, keyword, "must hold a schema");
    }
    return context.terms().of(value);
  }

  @Override
  List<List<Way>> fulfil(JsonNode schema) {
    SchemaDocument document = context.document();
    Members here = members(schema);
    if (!here.named().isEmpty() || !here.matching().isEmpty() || here.rest() != Terms.TRUE) {
      members.add(here);
    }
    required.addAll(document.texts(schema, "required"));
    document.count(schema, "minProperties").ifPresent(this::atLeast);
    document.count(schema, "maxProperties").ifPresent(this::atMost);
    if (schema.has("propertyNames")) {
      nameTerms.add(term(schema, "propertyNames", schema.get("propertyNames")));
    }
    List<List<Way>> choices = new ArrayList<>();
    for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
      for (Map.Entry<String, JsonNode> entry : document.members(schema, keyword)) {
        choices.add(dependent(schema, keyword, entry.getKey(), entry.getValue()));
      }
    }
    return choices;
  }

  private List<Way> dependent(JsonNode schema, String keyword, String name, JsonNode value) {
    Way absent = Way.of(ObjectFacts.class, facts -> facts.forbidden.add(name));
    if (value.isArray() && !keyword.equals("dependentSchemas")) {
      List<String> names = context.document().texts(schema, keyword, value);
      if (required.contains(name)) {
        required.addAll(names);
        return List.of(Way.of(List.of()));
      }
      Way present =
          Way.of(
              ObjectFacts.class,
              facts -> {
                facts.required.add(name);
                facts.required.addAll(names);
              });
      return List.of(present, absent);
    }
    int term = term(schema, keyword, value);
    Way present = Way.of(List.of(term), ObjectFacts.class, facts -> facts.required.add(name));
    return List.of(present, absent);
  }

  @Override
  void miss(JsonNode schema, List<Way> ways) {
    SchemaDocument document = context.document();
    missMembers(members(schema), ways);
    for (String name : document.texts(schema, "required")) {
      ways.add(Way.of(ObjectFacts.class, facts -> facts.forbidden.add(name)));
    }
    document
        .count(schema, "minProperties")
        .ifPresent(count -> {
          if (count > 0) {
            ways.add(Way.of(ObjectFacts.class, facts -> facts.atMost(count - 1)));
          }
        });
    document
        .count(schema, "maxProperties")
        .ifPresent(count -> ways.add(Way.of(ObjectFacts.class, facts -> facts.atLeast(count + 1))));
    if (schema.has("propertyNames")) {
      int wrong = Terms.not(term(schema, "propertyNames", schema.get("propertyNames")));
      Exists some = new Exists(context.pool().any(), wrong, Terms.TRUE);
      ways.add(Way.of(ObjectFacts.class, facts -> facts.exists.add(some)));
    }
    for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
      for (Map.Entry<String, JsonNode> entry : document.members(schema, keyword)) {
        missDependent(schema, keyword, entry.getKey(), entry.getValue(), ways);
      }
    }
  }

  private void missMembers(Members here, List<Way> ways) {
    RegexPool pool = context.pool();
    here.named()
        .forEach((name, term) -> {
          if (term != Terms.TRUE) {
            ways.add(Way.of(ObjectFacts.class, facts -> facts.missAt(name, Terms.not(term))));
          }
        });
    List<Regex> spoken = new ArrayList<>(List.of(pool.literals(here.named().keySet())));
    for (Matching matching : here.matching()) {
      spoken.add(matching.names());
      if (matching.term() != Terms.TRUE) {
        Exists some = new Exists(matching.names(), Terms.TRUE, Terms.not(matching.term()));
        ways.add(Way.of(ObjectFacts.class, facts -> facts.exists.add(some)));
      }
    }
    if (here.rest() != Terms.TRUE) {
      Exists some = new Exists(pool.not(pool.or(spoken)), Terms.TRUE, Terms.not(here.rest()));
      ways.add(Way.of(ObjectFacts.class, facts -> facts.exists.add(some)));
    }
  }

  private void missAt(String name, int wrong) {
    required.add(name);
    extra.computeIfAbsent(name, key -> new ArrayList<>()).add(wrong);
  }

  private void missDependent(
      JsonNode schema, String keyword, String name, JsonNode value, List<Way> ways) {
    if (value.isArray() && !keyword.equals("dependentSchemas")) {
      for (String other : context.document().texts(schema, keyword, value)) {
        ways.add(
            Way.of(
                ObjectFacts.class,
                facts -> {
                  facts.required.add(name);
                  facts.forbidden.add(other);
                }));
      }
      return;
    }
    int wrong = Terms.not(term(schema, keyword, value));
    ways.add(Way.of(List.of(wrong), ObjectFacts.class, facts -> facts.required.add(name)));
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
    return min() > max || required.stream().anyMatch(forbidden::contains);
  }
}
