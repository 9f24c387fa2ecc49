package llava4j.text.jinja;

/// What one rendering may use: time, steps, text.
final class Budget {
  private static final int STEPS_BETWEEN_LOOKS = 256;

  /// Characters or items whose making takes time of its own.
  private static final int LARGE = 1 << 16;

  /// Characters of a text times those that are looked for in it: a second's work at most.
  private static final long MAX_SEARCH = 1L << 30;

  /// What an item of a list takes, in characters of a text.
  private static final int ITEM = 8;

  private final RenderLimits limits;
  private final long deadline;
  private long steps;
  private long made;

  Budget(RenderLimits limits) {
    this.limits = limits;
    this.deadline = System.nanoTime() + limits.time().toNanos();
  }

  /// Counts a step of the evaluation.
  void step() {
    if (++steps % STEPS_BETWEEN_LOOKS == 0) {
      look();
    }
  }

  private void look() {
    if (steps > limits.steps()) {
      throw new JinjaException("it takes more than " + limits.steps() + " steps");
    }
    if (System.nanoTime() - deadline > 0) {
      throw new JinjaException("it takes longer than " + limits.time().toSeconds() + " s");
    }
  }

  /// Counts text or items that are about to be made.
  void make(long size) {
    made += Math.max(0, size);
    if (size > limits.size() || made > 32L * limits.size()) {
      throw new JinjaException("it makes texts of more than " + limits.size() + " characters");
    }
    if (size > LARGE) {
      look();
    }
    step();
  }

  /// Counts items of a list or dictionary that are about to be made, or copied.
  void makeItems(long count) {
    made += (ITEM - 1) * Math.max(0, count);
    make(count);
  }

  /// Counts a search for one text in another, or for each of its characters.
  void search(String text, String part) {
    if ((long) text.length() * part.length() > MAX_SEARCH) {
      throw new JinjaException("it looks for too long a text in too long a text");
    }
    if (text.length() > LARGE) {
      look();
    }
    step();
  }

  /// Looks at the length of a text that is still growing.
  void require(long size) {
    if (size > limits.size()) {
      throw new JinjaException("it makes texts of more than " + limits.size() + " characters");
    }
    step();
  }

  String made(String text) {
    make(text.length());
    return text;
  }

  int maxDepth() {
    return limits.depth();
  }
}
