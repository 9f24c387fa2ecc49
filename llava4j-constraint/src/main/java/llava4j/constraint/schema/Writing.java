package llava4j.constraint.schema;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import llava4j.constraint.automaton.Leaf;
import llava4j.constraint.automaton.Leaves;
import llava4j.constraint.automaton.Symbol;
import llava4j.constraint.regex.CharSet;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;

/// How JSON is written: its punctuation, and where there may be white space.
///
/// Behind `{`, `[`, `:` and `,` and before `}` and `]` there may be one blank, or a line end and
/// then up to [#MOST_INDENT] blanks or tabs.
final class Writing {
  /// Blanks or tabs at the beginning of a line.
  static final int MOST_INDENT = 64;

  private record ItemsKey(ArrayPlan plan, ArrayPlan.Place place, boolean first) {}

  private record MembersKey(ObjectPlan plan, ObjectPlan.Place place, boolean first) {}

  private final RegexPool pool;
  private final Leaves leaves;
  private final Leaf space;
  private final IdentityHashMap<Value, Symbol> values = new IdentityHashMap<>();
  private final Map<ItemsKey, Symbol> items = new HashMap<>();
  private final Map<MembersKey, Symbol> members = new HashMap<>();

  Writing(RegexPool pool, Leaves leaves) {
    this.pool = pool;
    this.leaves = leaves;
    Regex line = pool.concat(pool.optional(pool.literal("\r")), pool.literal("\n"));
    Regex indent = pool.repeat(pool.chars(CharSet.ofAll(" \t")), 0, MOST_INDENT);
    this.space = leaves.text(pool.optional(pool.or(pool.literal(" "), pool.concat(line, indent))));
  }

  Symbol literal(String text) {
    return leaves.literal(text);
  }

  Symbol string(Regex language) {
    return leaves.string(language);
  }

  Symbol text(Regex language) {
    return leaves.text(language);
  }

  Symbol space() {
    return space;
  }

  Symbol value(Value value) {
    return values.computeIfAbsent(value, key -> new ValueRule(this, value));
  }

  Symbol items(ArrayPlan plan, ArrayPlan.Place place, boolean first) {
    return items.computeIfAbsent(
        new ItemsKey(plan, place, first), key -> new ItemsRule(this, plan, place, first));
  }

  Symbol members(ObjectPlan plan, ObjectPlan.Place place, boolean first) {
    return members.computeIfAbsent(
        new MembersKey(plan, place, first), key -> new MembersRule(this, plan, place, first));
  }

  /// What stands before a value.
  ///
  /// @param first whether nothing stands before it, so that there has been white space already
  List<Symbol> separator(boolean first) {
    return first ? List.of() : List.of(literal(","), space);
  }

  List<Symbol> end(String bracket, boolean first) {
    return first ? List.of(literal(bracket)) : List.of(space, literal(bracket));
  }

  /// A known name and the colon behind it.
  List<Symbol> key(String name) {
    boolean plain =
        name.chars().allMatch(one -> one >= 0x20 && one < 0x7F && one != '"' && one != '\\');
    return plain
        ? List.of(literal("\"" + name + "\":"))
        : List.of(string(pool.literal(name)), literal(":"));
  }
}
