package llava4j.experiment.design;

import java.util.Optional;
import llava4j.eval.task.TaskName;

/// What is measured of an arm.
public enum Measure {
  RIGHT("all held-out questions", Unit.PERCENT),
  SHORT_ANSWERS("questions for a word", Unit.PERCENT),
  CHOICES("choices", Unit.PERCENT),
  YES_NO("yes or no", Unit.PERCENT),
  READING("words and digits", Unit.PERCENT),
  REGIONS("boxes", Unit.PERCENT),
  FOREIGN("foreign questions", Unit.PERCENT),
  UNPROMPTED("things named in a sentence", Unit.PERCENT),
  SAID_YES("said yes", Unit.SHARE),
  LETTERS("choices answered by a letter", Unit.SHARE),
  SHORT_WORDS("words, asked for a word", Unit.WORDS),
  FREE_WORDS("words, asked freely", Unit.WORDS),
  LOSS("loss at the end", Unit.NATS),
  SECONDS("training time", Unit.SECONDS),
  VQAV2(TaskName.VQAV2),
  GQA(TaskName.GQA),
  VIZWIZ(TaskName.VIZWIZ),
  SCIENCEQA(TaskName.SCIENCEQA),
  TEXTVQA(TaskName.TEXTVQA),
  POPE(TaskName.POPE),
  MME(TaskName.MME),
  MMBENCH(TaskName.MMBENCH),
  MMBENCH_CN(TaskName.MMBENCH_CN),
  SEED(TaskName.SEED),
  MMVET(TaskName.MMVET);

  /// What its numbers count.
  public enum Unit {
    /// Right answers: more is better, and a blind guess reaches some.
    PERCENT(" %"),
    /// Answers of a kind; more is neither better nor worse.
    SHARE(" %"),
    WORDS(" words"),
    NATS(""),
    SECONDS(" s"),
    /// The scale of the benchmark.
    SCORE("");

    private final String sign;

    Unit(String sign) {
      this.sign = sign;
    }

    /// What stands after a number.
    public String sign() {
      return sign;
    }
  }

  private final String title;
  private final Unit unit;
  private final Optional<TaskName> benchmark;

  Measure(String title, Unit unit) {
    this.title = title;
    this.unit = unit;
    this.benchmark = Optional.empty();
  }

  Measure(TaskName benchmark) {
    this.title = benchmark.title();
    this.unit = Unit.SCORE;
    this.benchmark = Optional.of(benchmark);
  }

  /// The name in tables.
  public String title() {
    return title;
  }

  public Unit unit() {
    return unit;
  }

  /// The benchmark of the paper whose headline score this is; empty for the small mixture.
  public Optional<TaskName> benchmark() {
    return benchmark;
  }

  /// Whether it depends on the machine and its load, so that the same seed may give other figures.
  public boolean dependsOnMachine() {
    return unit == Unit.SECONDS;
  }
}
