package llava4j.text.jinja;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// Python's tuple: a list that is printed in parentheses and never equals a list.
class Tuple extends AbstractList<Object> {
  private final List<Object> items;
  private int hash;

  Tuple(List<Object> items) {
    this.items = items;
  }

  static Tuple of(Object... items) {
    return new Tuple(Arrays.asList(items));
  }

  @Override
  public Object get(int index) {
    return items.get(index);
  }

  @Override
  public int size() {
    return items.size();
  }

  /// Computed once, because nested tuples would be traversed repeatedly.
  @Override
  public int hashCode() {
    if (hash == 0) {
      int sum = 1;
      for (Object item : items) {
        sum = 31 * sum + Objects.hashCode(Operators.key(item));
      }
      hash = sum == 0 ? 1 : sum;
    }
    return hash;
  }

  /// Within the limits of [Operators#equal].
  @Override
  public boolean equals(Object other) {
    return other instanceof Tuple && Operators.equal(this, other);
  }
}
