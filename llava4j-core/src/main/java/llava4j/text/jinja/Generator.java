package llava4j.text.jinja;

import java.util.Iterator;

/// What `map`, `select` and their like give in Python: items that can be taken once, always true,
/// without a length.
record Generator(Iterator<Object> items) implements Iterable<Object> {
  @Override
  public Iterator<Object> iterator() {
    return items;
  }
}
