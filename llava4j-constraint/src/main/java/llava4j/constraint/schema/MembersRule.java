package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.List;
import llava4j.constraint.automaton.Rule;
import llava4j.constraint.automaton.Symbol;

/// The symbol of an object from one of its places to its end.
final class MembersRule extends Rule {
  private final Writing writing;
  private final ObjectPlan plan;
  private final ObjectPlan.Place place;
  private final boolean first;

  MembersRule(Writing writing, ObjectPlan plan, ObjectPlan.Place place, boolean first) {
    this.writing = writing;
    this.plan = plan;
    this.place = place;
    this.first = first;
  }

  @Override
  protected List<List<Symbol>> expand() {
    List<List<Symbol>> all = new ArrayList<>();
    if (plan.mayEnd(place)) {
      all.add(writing.end("}", first));
    }
    if (!plan.hasRoom(place)) {
      return all;
    }
    for (int i : plan.next(place)) {
      ObjectPlan.Named named = plan.named().get(i);
      for (Option option : named.options()) {
        add(writing.key(named.name()), option, plan.after(place, i, option), all);
      }
    }
    if (plan.mayBeFree(place)) {
      for (ObjectPlan.Free free : plan.free()) {
        for (Option option : free.options()) {
          List<Symbol> key = List.of(writing.string(free.names()), writing.literal(":"));
          add(key, option, plan.after(place, option, plan.lost(free)), all);
        }
      }
    }
    return all;
  }

  private void add(List<Symbol> key, Option option, ObjectPlan.Place next, List<List<Symbol>> all) {
    if (next == null || !option.value().isProductive() || !plan.isPossible(next)) {
      return;
    }
    List<Symbol> member = new ArrayList<>(writing.separator(first));
    member.addAll(key);
    member.add(writing.space());
    member.add(writing.value(option.value()));
    member.add(writing.members(plan, next, false));
    all.add(member);
  }
}
