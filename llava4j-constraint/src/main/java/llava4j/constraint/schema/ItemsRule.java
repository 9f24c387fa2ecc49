package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.List;
import llava4j.constraint.automaton.Rule;
import llava4j.constraint.automaton.Symbol;

/// The symbol of a list from one of its places to its end.
final class ItemsRule extends Rule {
  private final Writing writing;
  private final ArrayPlan plan;
  private final ArrayPlan.Place place;
  private final boolean first;

  ItemsRule(Writing writing, ArrayPlan plan, ArrayPlan.Place place, boolean first) {
    this.writing = writing;
    this.plan = plan;
    this.place = place;
    this.first = first;
  }

  @Override
  protected List<List<Symbol>> expand() {
    List<List<Symbol>> all = new ArrayList<>();
    if (plan.mayEnd(place)) {
      all.add(writing.end("]", first));
    }
    for (Option option : plan.options(place)) {
      ArrayPlan.Place next = plan.after(place, option);
      if (next != null && plan.isPossible(next)) {
        List<Symbol> item = new ArrayList<>(writing.separator(first));
        item.add(writing.value(option.value()));
        item.add(writing.items(plan, next, false));
        all.add(item);
      }
    }
    return all;
  }
}
