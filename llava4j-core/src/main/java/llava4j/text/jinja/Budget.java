package llava4j.text.jinja;

/// What one rendering may use: time, steps, text.
final class Budget {
  private static final int STEPS_BETWEEN_LOOKS = 256;

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
      if (steps > limits.steps()) {
        throw new JinjaException("it takes more than " + limits.steps() + " steps");
      }
      if (System.nanoTime() - deadline > 0) {
        throw new JinjaException("it takes longer than " + limits.time().toSeconds() + " s");
      }
    }
  }

  /// Counts text or items that are about to be made.
  void make(long size) {
    made += Math.max(0, size);
    if (size > limits.size() || made > 32L * limits.size()) {
      throw new JinjaException("it makes texts of more than " + limits.size() + " characters");
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
