package llava4j.constraint.schema;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.regex.Regex;

/// How an object may be written: first the members that the schema names, in its order, then
/// others; or all of them in any order.
final class ObjectPlan {

  /// A member that the schema names.
  record Named(String name, boolean required, List<Option> options) {}

  /// Members whose names are of a language.
  record Free(Regex names, List<Option> options) {}

  /// Where the writing stands.
  ///
  /// @param index the first named member that may still come; 0 if they come in any order
  /// @param written the named members that are there, if they come in any order
  /// @param named how many members there are that count towards the least
  /// @param all how many there are
  /// @param bits the demands that have been met
  /// @param free whether there is a free one
  record Place(int index, BitSet written, int named, int all, int bits, boolean free) {}

  private static final int MOST_PLACES = 100_000;

  private final List<Named> named;
  private final List<Free> free;
  private final int min;
  private final int max;
  private final int demands;
  private final boolean anyOrder;
  private final Map<Place, Boolean> possible = new HashMap<>();

  /// @param demands the bits that must be met
  ObjectPlan(List<Named> named, List<Free> free, int min, int max, int demands, boolean anyOrder) {
    this.anyOrder = anyOrder;
    this.named = named;
    this.free = free;
    this.min = min;
    this.max = max;
    this.demands = demands;
  }

  List<Named> named() {
    return named;
  }

  List<Free> free() {
    return free;
  }

  Place start() {
    return new Place(0, new BitSet(), 0, 0, 0, false);
  }

  /// The place behind a named member.
  Place after(Place place, int index, Option option) {
    BitSet written = place.written();
    if (anyOrder) {
      written = (BitSet) written.clone();
      written.set(index);
    }
    return new Place(
        anyOrder ? 0 : index + 1,
        written,
        counted(place.named()),
        counted(place.all()),
        place.bits() | option.bits(),
        place.free());
  }

  /// The place behind a free member; null if it would undo a demand that one before it has met.
  ///
  /// Two free members may have one name, and then the later one counts: so whichever comes later
  /// must meet the demand again, and all of them together count once towards the least.
  Place after(Place place, Option option, int lost) {
    if ((place.bits() & lost & ~option.bits()) != 0) {
      return null;
    }
    return new Place(
        anyOrder ? 0 : named.size(),
        place.written(),
        place.free() ? place.named() : counted(place.named()),
        counted(place.all()),
        place.bits() | option.bits(),
        true);
  }

  /// Counting ends where nothing depends on it any more.
  private int counted(int before) {
    int last = max == ArrayFacts.UNBOUNDED ? min : Math.max(max, min);
    return Math.min(before + 1, last);
  }

  /// Whether another member may come.
  boolean hasRoom(Place place) {
    return place.all() < max;
  }

  /// The named members that may come next: in the schema's order up to the first required one.
  List<Integer> next(Place place) {
    List<Integer> next = new ArrayList<>();
    for (int i = place.index(); i < named.size(); i++) {
      if (!place.written().get(i)) {
        next.add(i);
        if (named.get(i).required() && !anyOrder) {
          break;
        }
      }
    }
    return next;
  }

  /// Whether members without names may come next.
  boolean mayBeFree(Place place) {
    return anyOrder || hasAllRequired(place);
  }

  private boolean hasAllRequired(Place place) {
    for (int i = place.index(); i < named.size(); i++) {
      if (named.get(i).required() && !place.written().get(i)) {
        return false;
      }
    }
    return true;
  }

  boolean mayEnd(Place place) {
    return hasAllRequired(place) && place.named() >= min && (place.bits() & demands) == demands;
  }

  /// Whether the object can be brought to an end from a place.
  boolean isPossible(Place place) {
    if (!canHaveRequired(place)) {
      return false;
    }
    if (min == 0 && max == ArrayFacts.UNBOUNDED && demands == 0) {
      return true;
    }
    Boolean known = possible.get(place);
    if (known != null) {
      return known;
    }
    if (possible.size() > MOST_PLACES) {
      throw new ConstraintException(
          "an object of the schema has more than "
              + MOST_PLACES
              + " ways of being incomplete; use fewer optional members together with counts, 'not'"
              + " and 'oneOf', or the schema's order");
    }
    boolean found = mayEnd(place);
    if (!found) {
      possible.put(place, false);
      found = hasRoom(place) && (byNamed(place) || byFree(place));
    }
    possible.put(place, found);
    return found;
  }

  private boolean canHaveRequired(Place place) {
    for (int i = place.index(); i < named.size(); i++) {
      Named one = named.get(i);
      if (one.required()
          && !place.written().get(i)
          && one.options().stream().noneMatch(option -> option.value().isProductive())) {
        return false;
      }
    }
    return true;
  }

  private boolean byNamed(Place place) {
    for (int i : next(place).reversed()) {
      for (Option option : named.get(i).options()) {
        if (option.value().isProductive() && isPossible(after(place, i, option))) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean byFree(Place place) {
    if (!mayBeFree(place)) {
      return false;
    }
    for (Free one : free) {
      for (Option option : one.options()) {
        Place next = after(place, option, lost(one));
        if (next != null
            && option.value().isProductive()
            && !next.equals(place)
            && isPossible(next)) {
          return true;
        }
      }
    }
    return false;
  }

  /// The demands that a member of some names could undo, if it had the name of an earlier one.
  int lost(Free one) {
    int bits = 0;
    for (Option option : one.options()) {
      bits |= option.bits();
    }
    return bits;
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
