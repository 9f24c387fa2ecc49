package llava4j.constraint.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llava4j.constraint.automaton.Grammar;
import llava4j.constraint.automaton.Leaves;
import llava4j.constraint.automaton.Rule;
import llava4j.constraint.automaton.Symbol;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Deadline;
import llava4j.constraint.limit.Limits;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;

/// Compiles GBNF. What does not lead back to itself becomes a regular language, the rest symbols.
public final class GrammarCompiler {
  private static final String ROOT = "root";
  private static final int MOST_INLINE = 5_000;

  private final Map<String, Expression> rules;
  private final RegexPool pool;
  private final Leaves leaves = new Leaves();
  private final GrammarFacts facts;
  private final Map<String, Regex> languages = new HashMap<>();
  private final Map<Expression, Symbol> symbols = new HashMap<>();

  private GrammarCompiler(Map<String, Expression> rules, Limits limits) {
    this.rules = rules;
    this.pool = new RegexPool(limits.nodes());
    pool.within(new Deadline("compiling the grammar", limits.compileTime()));
    this.facts = new GrammarFacts(rules);
  }

  /// @throws ConstraintException if the grammar is wrong, has no text, begins with itself, or
  ///   exceeds a limit
  public static Grammar compile(String text, Limits limits) {
    Map<String, Expression> rules = GrammarParser.parse(text);
    if (!rules.containsKey(ROOT)) {
      throw new ConstraintException(
          "the grammar has no rule 'root', with which every text begins; add it");
    }
    GrammarCompiler compiler = new GrammarCompiler(rules, limits);
    compiler.facts.check(ROOT);
    Symbol start = compiler.symbol(rules.get(ROOT));
    return new Grammar(start, compiler.leaves, limits);
  }

  private Symbol symbol(Expression expression) {
    if (expression instanceof Expression.Reference reference) {
      return symbol(rules.get(reference.name()));
    }
    Symbol known = symbols.get(expression);
    if (known == null) {
      known =
          facts.size(expression) <= MOST_INLINE
              ? leaves.text(language(expression))
              : new Choices(expression);
      symbols.put(expression, known);
    }
    return known;
  }

  private Regex language(Expression expression) {
    return switch (expression) {
      case Expression.Text text -> pool.literal(text.text());
      case Expression.One one -> pool.chars(one.set());
      case Expression.Reference reference -> {
        Regex known = languages.get(reference.name());
        if (known == null) {
          known = language(rules.get(reference.name()));
          languages.put(reference.name(), known);
        }
        yield known;
      }
      case Expression.Sequence sequence -> {
        Regex all = pool.empty();
        for (Expression part : sequence.parts().reversed()) {
          all = pool.concat(language(part), all);
        }
        yield all;
      }
      case Expression.Choice choice ->
          pool.or(choice.parts().stream().map(this::language).toList());
      case Expression.Repeat repeat ->
          pool.repeat(language(repeat.inner()), repeat.min(), repeat.max());
    };
  }

  /// An expression that leads back to itself.
  private final class Choices extends Rule {
    private final Expression expression;

    Choices(Expression expression) {
      this.expression = expression;
    }

    @Override
    protected List<List<Symbol>> expand() {
      List<List<Symbol>> all = new ArrayList<>();
      List<Expression> choices =
          expression instanceof Expression.Choice choice ? choice.parts() : List.of(expression);
      for (Expression choice : choices) {
        if (!facts.hasText(choice)) {
          continue;
        }
        switch (choice) {
          case Expression.Sequence sequence ->
              all.add(sequence.parts().stream().map(GrammarCompiler.this::symbol).toList());
          case Expression.Repeat repeat -> addRepeat(repeat, all);
          default -> all.add(List.of(symbol(choice)));
        }
      }
      return all;
    }

    private void addRepeat(Expression.Repeat repeat, List<List<Symbol>> all) {
      if (repeat.min() == 0) {
        all.add(List.of());
      }
      if (repeat.max() != 0) {
        int max = repeat.max() < 0 ? -1 : repeat.max() - 1;
        Expression rest = new Expression.Repeat(repeat.inner(), Math.max(0, repeat.min() - 1), max);
        all.add(List.of(symbol(repeat.inner()), symbol(rest)));
      }
    }
  }

  /// What is known of the rules of a grammar.
  private static final class GrammarFacts {
    private static final int INFINITE = Integer.MAX_VALUE / 2;

    private final Map<String, Expression> rules;
    private final Set<String> withText = new HashSet<>();
    private final Set<String> nullable = new HashSet<>();
    private final Map<String, Integer> sizes = new HashMap<>();

    GrammarFacts(Map<String, Expression> rules) {
      this.rules = rules;
      boolean news = true;
      while (news) {
        news = false;
        for (Map.Entry<String, Expression> rule : rules.entrySet()) {
          news |= hasText(rule.getValue()) && withText.add(rule.getKey());
          news |= isNullable(rule.getValue()) && nullable.add(rule.getKey());
        }
      }
    }

    void check(String root) {
      for (Map.Entry<String, Expression> rule : rules.entrySet()) {
        requireKnown(rule.getValue(), rule.getKey());
      }
      if (!withText.contains(root)) {
        throw new ConstraintException(
            "the grammar has no text that ever ends; give the rule '"
                + root
                + "' an alternative"
                + " without itself");
      }
      for (String name : rules.keySet()) {
        Set<String> first = new HashSet<>();
        collectFirst(rules.get(name), first);
        if (first.contains(name)) {
          throw new ConstraintException(
              "the rule '"
                  + name
                  + "' of the grammar begins with itself; write it with * or +, or"
                  + " with itself at the end");
        }
      }
    }

    private void requireKnown(Expression expression, String rule) {
      switch (expression) {
        case Expression.Reference reference -> {
          if (!rules.containsKey(reference.name())) {
            throw new ConstraintException(
                "the rule '"
                    + rule
                    + "' of the grammar uses '"
                    + reference.name()
                    + "', which is not defined; add it");
          }
        }
        case Expression.Sequence sequence ->
            sequence.parts().forEach(part -> requireKnown(part, rule));
        case Expression.Choice choice -> choice.parts().forEach(part -> requireKnown(part, rule));
        case Expression.Repeat repeat -> requireKnown(repeat.inner(), rule);
        case Expression.Text text -> {}
        case Expression.One one -> {}
      }
    }

    /// Names that a text may begin with, through other rules too.
    private void collectFirst(Expression expression, Set<String> first) {
      switch (expression) {
        case Expression.Reference reference -> {
          if (first.add(reference.name())) {
            collectFirst(rules.get(reference.name()), first);
          }
        }
        case Expression.Sequence sequence -> {
          for (Expression part : sequence.parts()) {
            collectFirst(part, first);
            if (!isNullable(part)) {
              return;
            }
          }
        }
        case Expression.Choice choice -> choice.parts().forEach(part -> collectFirst(part, first));
        case Expression.Repeat repeat -> collectFirst(repeat.inner(), first);
        case Expression.Text text -> {}
        case Expression.One one -> {}
      }
    }

    boolean hasText(Expression expression) {
      return switch (expression) {
        case Expression.Reference reference -> withText.contains(reference.name());
        case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::hasText);
        case Expression.Choice choice -> choice.parts().stream().anyMatch(this::hasText);
        case Expression.Repeat repeat -> repeat.min() == 0 || hasText(repeat.inner());
        case Expression.Text text -> true;
        case Expression.One one -> !one.set().isEmpty();
      };
    }

    private boolean isNullable(Expression expression) {
      return switch (expression) {
        case Expression.Reference reference -> nullable.contains(reference.name());
        case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::isNullable);
        case Expression.Choice choice -> choice.parts().stream().anyMatch(this::isNullable);
        case Expression.Repeat repeat -> repeat.min() == 0 || isNullable(repeat.inner());
        case Expression.Text text -> text.text().isEmpty();
        case Expression.One one -> false;
      };
    }

    /// How many characters an expression has with all rules written out; without bound if it leads
    /// back to itself.
    int size(Expression expression) {
      return switch (expression) {
        case Expression.Text text -> text.text().length();
        case Expression.One one -> 1;
        case Expression.Sequence sequence -> sum(sequence.parts());
        case Expression.Choice choice -> sum(choice.parts());
        case Expression.Repeat repeat -> Math.min(INFINITE, 1 + size(repeat.inner()));
        case Expression.Reference reference -> {
          Integer known = sizes.putIfAbsent(reference.name(), INFINITE);
          if (known == null) {
            known = size(rules.get(reference.name()));
            sizes.put(reference.name(), known);
          }
          yield known;
        }
      };
    }

    private int sum(List<Expression> parts) {
      return parts.stream().mapToInt(this::size).reduce(1, (a, b) -> Math.min(INFINITE, a + b));
    }
  }
}
