package llava4j.constraint.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How a list may be written.
final class ArrayPlan {

  /// How often a demand must be met, at least and at most.
  record Hits(int min, int max) {}

  /// Where the writing stands: how many items there are, and how often each demand has been met;
  /// beyond what matters, no longer counted.
  record Place(int index, List<Integer> hits) {}

  private final int min;
  private final int max;
  private final List<List<Option>> first;
  private final List<Option> rest;
  private final List<Hits> hits;
  private final Map<Place, Boolean> possible = new HashMap<>();

  ArrayPlan(int min, int max, List<List<Option>> first, List<Option> rest, List<Hits> hits) {
    this.min = min;
    this.max = max;
    this.first = first;
    this.rest = rest;
    this.hits = hits;
  }

  Place start() {
    return new Place(0, hits.stream().map(one -> 0).toList());
  }

  boolean mayEnd(Place place) {
    for (int i = 0; i < hits.size(); i++) {
      if (place.hits().get(i) < hits.get(i).min()) {
        return false;
      }
    }
    return place.index() >= min;
  }

  /// What may stand at a place.
  List<Option> options(Place place) {
    if (place.index() >= max) {
      return List.of();
    }
    List<Option> all = place.index() < first.size() ? first.get(place.index()) : rest;
    return all.stream().filter(option -> option.value().isProductive()).toList();
  }

  /// The place behind a value; null if a demand is met too often.
  Place after(Place place, Option option) {
    List<Integer> counts = new java.util.ArrayList<>(place.hits());
    for (int i = 0; i < hits.size(); i++) {
      if ((option.bits() >> i & 1) != 0) {
        Hits demand = hits.get(i);
        int count = counts.get(i) + 1;
        if (count > demand.max()) {
          return null;
        }
        boolean unbounded = demand.max() == ArrayFacts.UNBOUNDED;
        counts.set(i, unbounded ? Math.min(count, demand.min()) : count);
      }
    }
    int last = max == ArrayFacts.UNBOUNDED ? Math.max(min, first.size()) : max;
    return new Place(Math.min(place.index() + 1, last), List.copyOf(counts));
  }

  /// Whether the list can be brought to an end from a place.
  boolean isPossible(Place place) {
    Boolean known = possible.get(place);
    if (known != null) {
      return known;
    }
    if (mayEnd(place)) {
      possible.put(place, true);
      return true;
    }
    possible.put(place, false); // a way back to here leads nowhere new
    boolean found = false;
    for (Option option : options(place)) {
      Place next = after(place, option);
      if (next != null && !next.equals(place) && isPossible(next)) {
        found = true;
        break;
      }
    }
    possible.put(place, found);
    return found;
  }

  /// Whether a text is known to exist. Depends on what is known of the values.
  boolean isProductive() {
    possible.clear();
    return isPossible(start());
  }

  /// Forgets what was worked out while less was known of the values.
  void settle() {
    possible.clear();
  }
}
