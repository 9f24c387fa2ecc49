package llava4j.constraint.schema;

import java.util.List;
import llava4j.constraint.automaton.Grammar;
import llava4j.constraint.automaton.Leaves;
import llava4j.constraint.automaton.Rule;
import llava4j.constraint.automaton.Symbol;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Deadline;
import llava4j.constraint.limit.Limits;
import llava4j.constraint.regex.RegexPool;

/// Compiles a JSON Schema.
public final class SchemaCompiler {

  /// A compiled schema.
  ///
  /// @param ignored pointers to keywords that have no effect
  public record Compiled(Grammar grammar, List<String> ignored) {}

  private SchemaCompiler() {}

  /// @param anyOrder whether the members of objects may come in any order
  /// @throws ConstraintException if the schema is wrong, uses what is not supported, has no value,
  ///   or exceeds a limit
  public static Compiled compile(String schema, boolean anyOrder, Limits limits) {
    SchemaDocument document = SchemaDocument.parse(schema);
    RegexPool pool = new RegexPool(limits.nodes());
    Deadline deadline = new Deadline("compiling the schema", limits.compileTime());
    pool.within(deadline);
    Terms terms = new Terms();
    Context context =
        new Context(document, terms, pool, new Numbers(pool), limits, anyOrder, deadline);
    Values values = new Values(context);
    Value root = values.of(Terms.all(List.of(terms.of(document.root()))));
    values.complete();
    if (!root.isProductive()) {
      throw new ConstraintException(
          "no value fulfils the schema; look for demands that contradict each other");
    }
    Leaves leaves = new Leaves();
    Writing writing = new Writing(pool, leaves);
    Symbol start = new Start(writing.text(pool.optional(pool.literal(" "))), writing.value(root));
    return new Compiled(new Grammar(start, leaves, limits), document.ignored());
  }

  /// An answer may begin with a blank, as tokenizers write the first word.
  private static final class Start extends Rule {
    private final Symbol blank;
    private final Symbol value;

    Start(Symbol blank, Symbol value) {
      this.blank = blank;
      this.value = value;
    }

    @Override
    protected List<List<Symbol>> expand() {
      return List.of(List.of(blank, value));
    }
  }
}
