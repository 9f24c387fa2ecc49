package llava4j.constraint.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.schema.Facts.Way;
import tools.jackson.databind.JsonNode;

/// Works out which facts a value of one kind must have to fulfil a set of schemas: a list of
/// alternatives without references and combinations.
final class Expander {
  private static final int MOST_DEPTH = 6;

  private record Question(Kind kind, List<Integer> terms) {}

  private final Context context;
  private final Map<Question, Boolean> empty = new HashMap<>();
  private final IdentityHashMap<JsonNode, Boolean> finite = new IdentityHashMap<>();

  Expander(Context context) {
    this.context = context;
  }

  /// The alternatives; none if no value of the kind fulfils all terms.
  List<Facts> expand(Kind kind, List<Integer> terms) {
    return expand(kind, terms, 0);
  }

  private List<Facts> expand(Kind kind, List<Integer> terms, int depth) {
    List<Facts> found = new ArrayList<>();
    new Search(kind, depth, terms).run(found);
    return found;
  }

  /// Whether it can be shown that no value of a kind fulfils all terms.
  boolean isEmpty(Kind kind, List<Integer> terms) {
    return isEmpty(kind, terms, 0);
  }

  private boolean isEmpty(Kind kind, List<Integer> terms, int depth) {
    if (terms.equals(List.of(Terms.FALSE))) {
      return true;
    }
    if (terms.isEmpty() || depth > MOST_DEPTH) {
      return false;
    }
    Question question = new Question(kind, terms);
    Boolean known = empty.putIfAbsent(question, false); // what is asked within itself: not shown
    if (known != null) {
      return known;
    }
    boolean none = expand(kind, terms, depth + 1).stream().allMatch(facts -> hasNone(facts, depth));
    empty.put(question, none);
    return none;
  }

  private boolean hasNone(Facts facts, int depth) {
    if (facts instanceof ObjectFacts object) {
      return object.required().stream().anyMatch(name -> isNever(object.terms(name), depth + 1));
    }
    if (facts instanceof ArrayFacts array) {
      for (int i = 0; i < Math.min(array.min(), array.first() + 1); i++) {
        if (isNever(array.terms(i), depth + 1)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isNever(List<Integer> terms, int depth) {
    for (Kind kind : Kind.values()) {
      if (!isEmpty(kind, terms, depth)) {
        return false;
      }
    }
    return true;
  }

  /// Whether a schema's `type`, `const` and `enum` leave room for a kind.
  private boolean mayBe(Kind kind, int term, int depth) {
    if (term == Terms.FALSE) {
      return false;
    }
    if (!Terms.isPositive(term) || term == Terms.TRUE || depth > MOST_DEPTH) {
      return true;
    }
    JsonNode schema = context.terms().schema(term);
    if (schema.has("$ref")) {
      int target = context.terms().of(context.document().resolve(schema));
      if (context.document().refAlone() || !mayBe(kind, target, depth + 1)) {
        return mayBe(kind, target, depth + 1);
      }
    }
    boolean listed = schema.has("const") || schema.has("enum");
    return Types.leaveRoom(kind, schema, context.document())
        && (!listed || !Facts.ofKind(kind, schema, context.document()).isEmpty());
  }

  /// A schema that is reached again for the same value could be worked out for ever.
  private void requireFinite(JsonNode schema) {
    Boolean known = finite.putIfAbsent(schema, false);
    if (known == null) {
      for (JsonNode one : SameValue.schemas(schema, context.document())) {
        requireFinite(one);
      }
      finite.put(schema, true);
    } else if (!known) {
      throw new ConstraintException(
          "the schema at "
              + context.document().pointer(schema)
              + " leads back to itself for the same value, which says nothing; remove the"
              + " reference");
    }
  }

  /// One way through all combinations.
  private final class Search {
    private final Kind kind;
    private final int depth;
    private final Deque<Object> pending; // terms, and schemas whose own keywords come later
    private final Set<Integer> done;
    private final Facts facts;
    private final List<List<Way>> choices;

    Search(Kind kind, int depth, List<Integer> terms) {
      this(
          kind,
          depth,
          new ArrayDeque<>(terms),
          new HashSet<>(),
          Facts.of(kind, context),
          new ArrayList<>());
    }

    private Search(
        Kind kind,
        int depth,
        Deque<Object> pending,
        Set<Integer> done,
        Facts facts,
        List<List<Way>> choices) {
      this.kind = kind;
      this.depth = depth;
      this.pending = pending;
      this.done = done;
      this.facts = facts;
      this.choices = choices;
    }

    void run(List<Facts> found) {
      context.deadline().check();
      while (!pending.isEmpty()) {
        Object next = pending.pop();
        if (next instanceof JsonNode own) {
          choices.addAll(facts.fulfil(own));
          continue;
        }
        int term = (Integer) next;
        if (term == Terms.FALSE || done.contains(Terms.not(term))) {
          return;
        }
        if (term != Terms.TRUE && done.add(term)) {
          JsonNode schema = context.terms().schema(term);
          requireFinite(schema);
          requireKnown(schema);
          if (Terms.isPositive(term)) {
            fulfil(schema);
          } else {
            miss(schema);
          }
        }
      }
      if (facts.isDead()) {
        return;
      }
      if (choices.isEmpty()) {
        add(found);
        return;
      }
      List<Way> choice = choices.stream().min(Comparator.comparingInt(List::size)).orElseThrow();
      choices.remove(choice);
      for (Way way : choice) {
        Deque<Object> more = new ArrayDeque<>(way.terms());
        Facts changed = facts.copy();
        way.facts().accept(changed);
        new Search(kind, depth, more, new HashSet<>(done), changed, new ArrayList<>(choices))
            .run(found);
      }
    }

    private void add(List<Facts> found) {
      found.add(facts);
      if (found.size() > context.limits().alternatives()) {
        throw new ConstraintException(
            "a value of the schema splits into more than "
                + context.limits().alternatives()
                + " alternatives; use fewer of 'anyOf', 'oneOf', 'if' and 'dependencies' together");
      }
    }

    private void requireKnown(JsonNode schema) {
      if (context.document().refAlone() && schema.has("$ref")) {
        return;
      }
      for (String keyword : schema.propertyNames()) {
        if (Keywords.UNSUPPORTED.contains(keyword)) {
          throw context
              .document()
              .wrong(schema, keyword, "is not supported; write the schema without it");
        }
        if (!Keywords.SUPPORTED.contains(keyword) && !Keywords.ANNOTATIONS.contains(keyword)) {
          context.document().ignore(schema, keyword);
        }
      }
    }

    private void fulfil(JsonNode schema) {
      List<Integer> parts = new ArrayList<>();
      if (schema.has("$ref")) {
        parts.add(context.terms().of(context.document().resolve(schema)));
        if (context.document().refAlone()) {
          ignoreBesideRef(schema);
          pending.push(parts.getFirst());
          return;
        }
      }
      parts.addAll(schemas(schema, "allOf"));
      if (!Types.leaveRoom(kind, schema, context.document())) {
        pending.push(Terms.FALSE);
        return;
      }
      if (facts instanceof NumberFacts number
          && schema.has("type")
          && !Types.of(schema, context.document()).contains("number")) {
        number.demandInteger();
      }
      if (schema.has("const") || schema.has("enum")) {
        List<JsonNode> values = Facts.ofKind(kind, schema, context.document());
        if (values.isEmpty()) {
          pending.push(Terms.FALSE);
          return;
        }
        choices.addAll(facts.beOneOf(values, schema));
      }
      if (schema.has("not")) {
        pending.add(Terms.not(term(schema, "not")));
      }
      if (schema.has("anyOf")) {
        choices.add(
            possible(schemas(schema, "anyOf")).stream().map(one -> Way.of(List.of(one))).toList());
      }
      if (schema.has("oneOf")) {
        choices.add(exactlyOne(possible(schemas(schema, "oneOf"))));
      }
      if (schema.has("if") && (schema.has("then") || schema.has("else"))) {
        int condition = term(schema, "if");
        choices.add(
            List.of(
                Way.of(List.of(condition, term(schema, "then"))),
                Way.of(List.of(Terms.not(condition), term(schema, "else")))));
      }
      List<Object> inOrder = new ArrayList<>(parts);
      inOrder.add(partsComeFirst(schema) ? parts.size() : 0, schema);
      inOrder.reversed().forEach(pending::push);
    }

    private void ignoreBesideRef(JsonNode schema) {
      for (String name : schema.propertyNames()) {
        if (Keywords.SUPPORTED.contains(name) && !name.equals("$ref")) {
          context.document().ignore(schema, name);
        }
      }
    }

    /// Whether `$ref` or `allOf` is written before `properties`, so that its members come first.
    private static boolean partsComeFirst(JsonNode schema) {
      for (String name : schema.propertyNames()) {
        if (name.equals("properties")) {
          return false;
        }
        if (name.equals("$ref") || name.equals("allOf")) {
          return true;
        }
      }
      return false;
    }

    private List<Integer> possible(List<Integer> terms) {
      return terms.stream().filter(term -> mayBe(kind, term, 0)).toList();
    }

    private List<Way> exactlyOne(List<Integer> terms) {
      List<Way> ways = new ArrayList<>();
      for (int i = 0; i < terms.size(); i++) {
        List<Integer> all = new ArrayList<>(List.of(terms.get(i)));
        for (int j = 0; j < terms.size(); j++) {
          List<Integer> both = Terms.all(List.of(terms.get(i), terms.get(j)));
          if (i != j && !isEmpty(kind, both, depth)) {
            all.add(Terms.not(terms.get(j)));
          }
        }
        ways.add(Way.of(all));
      }
      return ways;
    }

    /// All the ways in which a schema can be missed.
    private void miss(JsonNode schema) {
      List<Way> ways = new ArrayList<>();
      choices.add(ways);
      if (schema.has("$ref")) {
        int target = context.terms().of(context.document().resolve(schema));
        ways.add(Way.of(List.of(Terms.not(target))));
        if (context.document().refAlone()) {
          return;
        }
      }
      if (!Types.leaveRoom(kind, schema, context.document())) {
        choices.removeLast();
        return;
      }
      if (facts instanceof NumberFacts number
          && schema.has("type")
          && !Types.of(schema, context.document()).contains("number")) {
        ways.add(number.fractionWay());
      }
      if (schema.has("const") || schema.has("enum")) {
        List<JsonNode> values = Facts.ofKind(kind, schema, context.document());
        if (values.isEmpty()) {
          choices.removeLast();
          return;
        }
        ways.addAll(facts.beNoneOf(values, schema));
      }
      missCombinations(schema, ways);
      facts.miss(schema, ways);
    }

    private void missCombinations(JsonNode schema, List<Way> ways) {
      for (int one : schemas(schema, "allOf")) {
        ways.add(Way.of(List.of(Terms.not(one))));
      }
      if (schema.has("not")) {
        ways.add(Way.of(List.of(term(schema, "not"))));
      }
      if (schema.has("anyOf")) {
        ways.add(Way.of(schemas(schema, "anyOf").stream().map(Terms::not).toList()));
      }
      if (schema.has("oneOf")) {
        List<Integer> all = schemas(schema, "oneOf");
        ways.add(Way.of(all.stream().map(Terms::not).toList()));
        for (int i = 0; i < all.size(); i++) {
          for (int j = i + 1; j < all.size(); j++) {
            ways.add(Way.of(List.of(all.get(i), all.get(j))));
          }
        }
      }
      if (schema.has("if") && (schema.has("then") || schema.has("else"))) {
        int condition = term(schema, "if");
        ways.add(Way.of(List.of(condition, Terms.not(term(schema, "then")))));
        ways.add(Way.of(List.of(Terms.not(condition), Terms.not(term(schema, "else")))));
      }
    }

    private int term(JsonNode schema, String keyword) {
      JsonNode value = schema.get(keyword);
      if (value == null) {
        return Terms.TRUE;
      }
      if (!value.isObject() && !value.isBoolean()) {
        throw context.document().wrong(schema, keyword, "must be a schema");
      }
      return context.terms().of(value);
    }

    private List<Integer> schemas(JsonNode schema, String keyword) {
      JsonNode list = schema.get(keyword);
      if (list == null) {
        return List.of();
      }
      List<Integer> terms = new ArrayList<>();
      for (JsonNode one : list) {
        if (!list.isArray() || (!one.isObject() && !one.isBoolean())) {
          throw context.document().wrong(schema, keyword, "must be a list of schemas");
        }
        terms.add(context.terms().of(one));
      }
      return terms;
    }
  }
}
