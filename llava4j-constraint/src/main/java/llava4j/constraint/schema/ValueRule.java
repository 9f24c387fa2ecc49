package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.List;
import llava4j.constraint.automaton.Rule;
import llava4j.constraint.automaton.Symbol;

/// The symbol of a value.
final class ValueRule extends Rule {
  private final Writing writing;
  private final Value value;

  ValueRule(Writing writing, Value value) {
    this.writing = writing;
    this.value = value;
  }

  @Override
  protected List<List<Symbol>> expand() {
    List<List<Symbol>> all = new ArrayList<>();
    for (String word : value.words()) {
      all.add(List.of(writing.literal(word)));
    }
    if (value.strings().isLive()) {
      all.add(List.of(writing.string(value.strings())));
    }
    if (value.numbers().isLive()) {
      all.add(List.of(writing.text(value.numbers())));
    }
    for (ArrayPlan plan : value.arrays()) {
      if (plan.isPossible(plan.start())) {
        Symbol items = writing.items(plan, plan.start(), true);
        all.add(List.of(writing.literal("["), writing.space(), items));
      }
    }
    for (ObjectPlan plan : value.objects()) {
      if (plan.isPossible(plan.start())) {
        Symbol members = writing.members(plan, plan.start(), true);
        all.add(List.of(writing.literal("{"), writing.space(), members));
      }
    }
    return all;
  }
}
