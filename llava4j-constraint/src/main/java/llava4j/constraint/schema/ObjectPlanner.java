package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;

/// Turns facts about an object into a plan.
final class ObjectPlanner {
  private static final int MOST_DEMANDS = 4;

  private final Context context;
  private final RegexPool pool;
  private final Expander expander;
  private final Values values;
  private final ObjectFacts facts;

  ObjectPlanner(Context context, Expander expander, Values values, ObjectFacts facts) {
    this.context = context;
    this.pool = context.pool();
    this.expander = expander;
    this.values = values;
    this.facts = facts;
  }

  /// The plan; empty if there is no such object.
  Optional<ObjectPlan> plan() {
    Regex names = pool.and(facts.nameTerms().stream().map(this::names).toList());
    List<ObjectPlan.Named> named = new ArrayList<>();
    for (String name : facts.names()) {
      boolean required = facts.required().contains(name);
      boolean possible = !facts.forbidden().contains(name) && names.matches(name);
      List<Option> options = possible ? options(facts.terms(name), pool.literal(name)) : List.of();
      if (!options.isEmpty()) {
        named.add(new ObjectPlan.Named(name, required, options));
      } else if (required) {
        return Optional.empty();
      }
    }
    List<ObjectPlan.Free> free = free(names);
    int required = facts.required().size();
    if (!free.isEmpty() && facts.min() > required + 1) {
      throw new ConstraintException(
          "the keyword 'minProperties' of the schema asks for two or more members without names,"
              + " which could all have one name; list them in 'required'");
    }
    int demands = (1 << facts.exists().size()) - 1;
    int min = facts.min() > required ? facts.min() : 0; // the required ones are there anyway
    return Optional.of(new ObjectPlan(named, free, min, facts.max(), demands, context.anyOrder()));
  }

  private Regex names(int term) {
    return names(List.of(term));
  }

  private Regex names(List<Integer> terms) {
    return pool.or(
        expander.expand(Kind.STRING, Terms.all(terms)).stream()
            .map(one -> ((StringFacts) one).language())
            .toList());
  }

  /// The free members, divided by what their values must fulfil.
  private List<ObjectPlan.Free> free(Regex names) {
    List<String> spoken = new ArrayList<>(facts.names());
    spoken.addAll(facts.forbidden());
    Regex others = pool.and(names, pool.not(pool.literals(spoken)));
    Map<List<Option>, Regex> byOptions = new LinkedHashMap<>();
    for (Cell cell : cells(others)) {
      List<Option> options = options(cell.terms(), cell.names());
      if (!options.isEmpty()) {
        byOptions.merge(options, cell.names(), pool::or);
      }
    }
    List<ObjectPlan.Free> free = new ArrayList<>();
    byOptions.forEach((options, language) -> free.add(new ObjectPlan.Free(language, options)));
    return free;
  }

  /// Names that no expression tells apart.
  private record Cell(Regex names, List<Integer> terms) {}

  private List<Cell> cells(Regex others) {
    List<Cell> cells = List.of(new Cell(others, List.of()));
    for (ObjectFacts.Members members : facts.members()) {
      List<Cell> divided = new ArrayList<>();
      for (Cell cell : cells) {
        divide(cell, members, 0, false, divided);
      }
      cells = divided;
      if (cells.size() > context.limits().alternatives()) {
        throw new ConstraintException(
            "the keyword 'patternProperties' of the schema divides names into more than "
                + context.limits().alternatives()
                + " groups; use fewer expressions");
      }
    }
    for (ObjectFacts.Exists demand : facts.exists()) {
      Regex wanted = wanted(demand);
      List<Cell> divided = new ArrayList<>();
      for (Cell cell : cells) {
        split(cell, wanted, divided);
      }
      cells = divided;
    }
    return cells;
  }

  private void divide(
      Cell cell, ObjectFacts.Members members, int from, boolean matched, List<Cell> divided) {
    context.deadline().check();
    if (!cell.names().isLive()) {
      return;
    }
    if (from == members.matching().size()) {
      List<Integer> terms = matched ? cell.terms() : Terms.with(cell.terms(), members.rest());
      if (!terms.contains(Terms.FALSE)) {
        divided.add(new Cell(cell.names(), terms));
      }
      return;
    }
    ObjectFacts.Matching next = members.matching().get(from);
    Regex inside = pool.and(cell.names(), next.names());
    Regex outside = pool.and(cell.names(), pool.not(next.names()));
    divide(
        new Cell(inside, Terms.with(cell.terms(), next.term())), members, from + 1, true, divided);
    divide(new Cell(outside, cell.terms()), members, from + 1, matched, divided);
  }

  private void split(Cell cell, Regex wanted, List<Cell> divided) {
    Regex in = pool.and(cell.names(), wanted);
    Regex out = pool.and(cell.names(), pool.not(wanted));
    if (in.isLive()) {
      divided.add(new Cell(in, cell.terms()));
    }
    if (out.isLive()) {
      divided.add(new Cell(out, cell.terms()));
    }
  }

  private Regex wanted(ObjectFacts.Exists demand) {
    return pool.and(demand.names(), names(demand.nameTerm()));
  }

  /// What may stand for a name of a language that no demand tells apart: for each set of demands, a
  /// value that meets them.
  private List<Option> options(List<Integer> terms, Regex names) {
    if (facts.exists().size() > MOST_DEMANDS) {
      throw new ConstraintException(
          "the schema demands more than "
              + MOST_DEMANDS
              + " members without names; use fewer of 'not' and 'oneOf'");
    }
    List<Option> options = new ArrayList<>();
    add(terms, 0, options);
    for (int i = 0; i < facts.exists().size(); i++) {
      ObjectFacts.Exists demand = facts.exists().get(i);
      if (pool.and(names, wanted(demand)).isLive()) {
        for (Option option : List.copyOf(options)) {
          add(
              Terms.with(values.terms(option.value()), demand.term()),
              option.bits() | 1 << i,
              options);
        }
      }
    }
    return options;
  }

  private void add(List<Integer> terms, int bits, List<Option> options) {
    if (!terms.contains(Terms.FALSE)) {
      options.add(new Option(values.of(terms), bits));
    }
  }
}
