package llava4j.text.jinja;

import java.util.Iterator;

/// The result of `map`, `select` and similar filters, as in Python: items that can be read once,
/// always true, without a length.
record Generator(Iterator<Object> items) implements Iterable<Object> {
  @Override
  public Iterator<Object> iterator() {
    return items;
  }
}
