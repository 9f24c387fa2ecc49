package llava4j.constraint.schema;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import llava4j.constraint.limit.ConstraintException;

/// All values that a schema speaks of, by the terms they fulfil.
final class Values {
  private final Context context;
  private final Expander expander;
  private final Map<List<Integer>, Value> byTerms = new HashMap<>();
  private final IdentityHashMap<Value, List<Integer>> terms = new IdentityHashMap<>();
  private final Deque<Value> pending = new ArrayDeque<>();

  Values(Context context) {
    this.context = context;
    this.expander = new Expander(context);
  }

  /// The value that fulfils some terms; worked out by [#complete].
  Value of(List<Integer> all) {
    Value known = byTerms.get(all);
    if (known == null) {
      known = new Value(context.pool().never());
      byTerms.put(all, known);
      terms.put(known, all);
      pending.add(known);
      if (byTerms.size() > context.limits().nodes() / 10) {
        throw new ConstraintException(
            "the schema has more than "
                + context.limits().nodes() / 10
                + " different values; simplify it");
      }
    }
    return known;
  }

  /// The terms of a value.
  List<Integer> terms(Value value) {
    return terms.get(value);
  }

  /// Works out all values, and which of them have a text at all.
  void complete() {
    while (!pending.isEmpty()) {
      context.deadline().check();
      fill(pending.pop());
    }
    boolean news = true;
    while (news) {
      news = false;
      for (Value value : byTerms.values()) {
        context.deadline().check();
        news |= value.becomesProductive();
      }
    }
    for (Value value : byTerms.values()) {
      value.objects().forEach(ObjectPlan::settle);
      value.arrays().forEach(ArrayPlan::settle);
    }
  }

  private void fill(Value value) {
    List<Integer> all = terms(value);
    for (Kind kind : Kind.values()) {
      for (Facts facts : expander.expand(kind, all)) {
        switch (facts) {
          case ScalarFacts scalar -> addWords(value, kind, scalar);
          case NumberFacts number -> value.addNumber(number.language());
          case StringFacts string -> value.addString(string.language());
          case ArrayFacts array -> value.arrays().add(plan(array));
          case ObjectFacts object ->
              new ObjectPlanner(context, expander, this, object)
                  .plan()
                  .ifPresent(value.objects()::add);
          default -> throw new IllegalStateException("no such facts: " + facts);
        }
      }
    }
  }

  private static void addWords(Value value, Kind kind, ScalarFacts facts) {
    List<String> allowed = new ArrayList<>();
    if (facts.mayBe(true)) {
      allowed.add(kind == Kind.NULL ? "null" : "true");
    }
    if (facts.mayBe(false)) {
      allowed.add("false");
    }
    allowed.removeAll(value.words());
    value.words().addAll(allowed);
  }

  private ArrayPlan plan(ArrayFacts facts) {
    List<ArrayPlan.Hits> hits =
        facts.contains().stream().map(one -> new ArrayPlan.Hits(one.min(), one.max())).toList();
    if (hits.size() > 4) {
      throw new ConstraintException(
          "the schema demands more than four things of a list's items together; use fewer of"
              + " 'contains', 'not' and 'oneOf'");
    }
    int special = facts.first();
    for (ArrayFacts.Contains one : facts.contains()) {
      special = Math.max(special, one.from());
    }
    List<List<Option>> first = new ArrayList<>();
    for (int i = 0; i < special; i++) {
      first.add(options(facts, i));
    }
    return new ArrayPlan(facts.min(), facts.max(), first, options(facts, special), hits);
  }

  private List<Option> options(ArrayFacts facts, int index) {
    List<Option> options = new ArrayList<>();
    add(facts.terms(index), 0, options);
    for (int i = 0; i < facts.contains().size(); i++) {
      ArrayFacts.Contains demand = facts.contains().get(i);
      if (index < demand.from()) {
        continue;
      }
      List<Option> before = List.copyOf(options);
      options.clear();
      for (Option option : before) {
        List<Integer> plain = terms(option.value());
        boolean counted = demand.max() < ArrayFacts.UNBOUNDED;
        add(counted ? Terms.with(plain, Terms.not(demand.term())) : plain, option.bits(), options);
        if (demand.min() > 0 || counted) {
          add(Terms.with(plain, demand.term()), option.bits() | 1 << i, options);
        }
      }
    }
    return options;
  }

  private void add(List<Integer> all, int bits, List<Option> options) {
    if (!all.contains(Terms.FALSE)) {
      options.add(new Option(of(all), bits));
    }
  }
}
