package llava4j.cli.bench;

/// One line of the result.
///
/// @param rows of the prompt, where there is one; else 0
/// @param sequences that were decoded side by side; else 0
/// @param ours seconds; of decoding, a step's; of memory, bytes. Negative where it is unknown
/// @param theirs the same of the other program; negative where it has no such figure
record BenchLine(Kind kind, int rows, int sequences, double ours, double theirs) {
  /// Stands for a figure that is not there.
  static final double NONE = -1;

  /// What was measured.
  enum Kind {
    LOAD("load"),
    IMAGE_ENCODE("image encode"),
    PREFILL("prefill"),
    FIRST_TOKEN("image to first token"),
    DECODE("decode"),
    PEAK_MEMORY("peak memory");

    private final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /// For people.
  String title() {
    return switch (kind) {
      case PREFILL, FIRST_TOKEN -> kind.title + ", " + rows + " rows";
      case DECODE -> kind.title + ", " + sequences + (sequences == 1 ? " sequence" : " sequences");
      case LOAD, IMAGE_ENCODE, PEAK_MEMORY -> kind.title;
    };
  }

  /// Tokens a second of a figure of this line; 0 where none are counted.
  double tokensPerSecond(double figure) {
    return switch (kind) {
      case PREFILL -> rows / figure;
      case DECODE -> sequences / figure;
      case LOAD, IMAGE_ENCODE, FIRST_TOKEN, PEAK_MEMORY -> 0;
    };
  }

  boolean isCompared() {
    return ours > 0 && theirs > 0;
  }

  /// Above 1 where ours is faster, or smaller.
  double ratio() {
    return theirs / ours;
  }
}
