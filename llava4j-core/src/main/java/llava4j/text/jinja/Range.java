package llava4j.text.jinja;

import java.util.AbstractList;

/// Python's range; at most 100 000 long, as in Jinja's sandbox.
final class Range extends AbstractList<Object> {
  private static final long MAX_SIZE = 100_000;

  private final long start;
  private final long stop;
  private final long step;
  private final int size;

  Range(long start, long stop, long step) {
    if (step == 0) {
      throw new JinjaException("range() needs a step other than 0");
    }
    this.start = start;
    this.stop = stop;
    this.step = step;
    double exact = Math.ceil(((double) stop - start) / step);
    if (exact > MAX_SIZE) {
      throw new JinjaException("range() may have at most " + MAX_SIZE + " numbers");
    }
    this.size = (int) Math.max(0, exact);
  }

  @Override
  public Object get(int index) {
    return start + index * step;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public String toString() {
    return "range(" + start + ", " + stop + (step == 1 ? "" : ", " + step) + ")";
  }
}
