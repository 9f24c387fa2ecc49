package llava4j.constraint;

import java.util.List;
import java.util.function.Supplier;
import llava4j.constraint.automaton.Grammar;
import llava4j.constraint.automaton.Leaf;
import llava4j.constraint.automaton.Leaves;
import llava4j.constraint.grammar.GrammarCompiler;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Deadline;
import llava4j.constraint.limit.Limits;
import llava4j.constraint.regex.Patterns;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;
import llava4j.constraint.schema.SchemaCompiler;
import llava4j.constraint.token.TokenTrie;

/// The texts that may be generated, compiled. Thread-safe; what is worked out while one text is
/// generated is kept for the others.
///
/// All factories throw a [ConstraintException] for input that is wrong, that uses what is not
/// supported, that allows no text at all, or that exceeds a limit.
public final class Constraint {
  private final Supplier<Grammar> source;
  private final List<String> ignored;
  private Grammar grammar; // guarded by this

  private Constraint(Grammar grammar, Supplier<Grammar> source, List<String> ignored) {
    this.grammar = grammar;
    this.source = source;
    this.ignored = ignored;
  }

  private static Constraint of(Supplier<Grammar> source) {
    return new Constraint(shallow(source), source, List.of());
  }

  /// JSON texts whose values fulfil a JSON Schema of draft 2020-12 or older. Members of objects
  /// come in the schema's order, others behind them.
  public static Constraint jsonSchema(String schema, Limits limits) {
    return jsonSchema(schema, KeyOrder.SCHEMA, limits);
  }

  /// The same with another order of the members.
  public static Constraint jsonSchema(String schema, KeyOrder order, Limits limits) {
    requireLength(schema, "the schema", limits);
    SchemaCompiler.Compiled compiled =
        shallow(() -> SchemaCompiler.compile(schema, order == KeyOrder.ANY, limits));
    return new Constraint(
        compiled.grammar(),
        () -> SchemaCompiler.compile(schema, order == KeyOrder.ANY, limits).grammar(),
        compiled.ignored());
  }

  /// The same with the default limits.
  public static Constraint jsonSchema(String schema) {
    return jsonSchema(schema, Limits.defaults());
  }

  /// Any JSON object.
  public static Constraint jsonObject() {
    return jsonSchema("{\"type\":\"object\"}");
  }

  /// Texts that match a regular expression of ECMA-262 from beginning to end.
  public static Constraint regex(String expression, Limits limits) {
    requireLength(expression, "the regular expression", limits);
    return of(() -> {
      Regex language = Patterns.match(pool(limits), expression);
      if (!language.isLive()) {
        throw new ConstraintException(
            "no text matches the regular expression '" + expression + "'; correct it");
      }
      return grammar(language, limits);
    });
  }

  /// The same with the default limits.
  public static Constraint regex(String expression) {
    return regex(expression, Limits.defaults());
  }

  /// One of several texts.
  public static Constraint choice(List<String> texts, Limits limits) {
    if (texts.isEmpty()) {
      throw new ConstraintException("there is no text to choose from; pass at least one");
    }
    requireLength(String.join("", texts), "the list of choices", limits);
    List<String> all = List.copyOf(texts);
    return of(() -> grammar(pool(limits).literals(all), limits));
  }

  /// The same with the default limits.
  public static Constraint choice(List<String> texts) {
    return choice(texts, Limits.defaults());
  }

  /// Texts of a grammar in GBNF, the notation of llama.cpp, that begins with the rule `root`.
  public static Constraint grammar(String grammar, Limits limits) {
    requireLength(grammar, "the grammar", limits);
    return of(() -> GrammarCompiler.compile(grammar, limits));
  }

  /// The same with the default limits.
  public static Constraint grammar(String grammar) {
    return grammar(grammar, Limits.defaults());
  }

  /// What is compiled by descending into it must not be deeper than the stack.
  private static <T> T shallow(Supplier<T> compile) {
    try {
      return compile.get();
    } catch (StackOverflowError _) {
      throw new ConstraintException(
          "the constraint is nested too deeply, or demands too many things one behind the other;"
              + " simplify it, or demand fewer");
    }
  }

  private static RegexPool pool(Limits limits) {
    RegexPool pool = new RegexPool(limits.nodes());
    pool.within(new Deadline("compiling the constraint", limits.compileTime()));
    return pool;
  }

  private static Grammar grammar(Regex language, Limits limits) {
    Leaves leaves = new Leaves();
    Leaf start = leaves.text(language);
    return new Grammar(start, leaves, limits);
  }

  private static void requireLength(String source, String what, Limits limits) {
    if (source.length() > limits.sourceLength()) {
      throw new ConstraintException(
          what
              + " has "
              + source.length()
              + " characters, more than the limit of "
              + limits.sourceLength()
              + "; shorten it");
    }
  }

  /// Pointers to keywords of the schema that have no effect: those that no draft defines, formats
  /// that draft 2020-12 does not define, and what stands beside `$ref` in a draft before 2019-09.
  public List<String> ignored() {
    return ignored;
  }

  /// The beginning of a text.
  public ConstraintState start(TokenTrie trie) {
    return new ConstraintState(trie, fresh().reader(trie));
  }

  /// What is worked out for texts is kept for the next ones, but not for ever.
  private synchronized Grammar fresh() {
    if (grammar.isWorn()) {
      grammar = source.get();
    }
    return grammar;
  }
}
