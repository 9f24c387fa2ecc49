package llava4j.text.jinja;

/// The limits of one rendering: time, steps, text.
final class Budget {
  private static final int STEPS_BETWEEN_LOOKS = 256;

  /// Number of characters or items that count as a step.
  private static final int LARGE = 1 << 16;

  /// Maximum of text length times search text length: at most one second of work.
  private static final long MAX_SEARCH = 1L << 30;

  /// The size of a list item, in characters.
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

  /// Counts text or items before they are created.
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

  /// Counts items of a list or dictionary before they are created or copied.
  void makeItems(long count) {
    made += (ITEM - 1) * Math.max(0, count);
    make(count);
  }

  /// Counts a search for one text in another, or for each of its characters.
  void search(String text, String part) {
    if ((long) text.length() * part.length() > MAX_SEARCH) {
      throw new JinjaException(
          "it searches for a text that is too long in a text that is too long");
    }
    if (text.length() > LARGE) {
      look();
    }
    step();
  }

  /// Checks the length of a growing text.
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
