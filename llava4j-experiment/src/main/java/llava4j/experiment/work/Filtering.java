package llava4j.experiment.work;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.WhitespaceWords;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Skill;

/// Applies a filter to samples, one by one.
final class Filtering {
  private static final String IMAGE = "<image>";
  private static final int FEWEST_WORDS = 5; // of a description
  private static final int REMEMBERED = 64;

  private final Filter filter;
  private final Skills skills = new Skills();
  private int seen; // samples so far
  private final List<String> descriptions = new ArrayList<>(); // of the last samples

  Filtering(Filter filter) {
    this.filter = filter;
  }

  /// What becomes of a sample: nothing, itself or something like it, or several.
  List<Sample> apply(Sample sample) {
    return switch (filter) {
      case Filter.Keep(var kept) ->
          only(sample, question -> kept.contains(skills.of(sample, question)));
      case Filter.WithoutLetters _ ->
          only(sample, question -> !question.contains(FormatPrompt.LETTER));
      case Filter.Share(double share) ->
          random(sample, "share").nextDouble() < share ? List.of(sample) : List.of();
      case Filter.Slice(int number, int of) ->
          seen++ % of == number - 1 ? List.of(sample) : List.of();
      case Filter.Unprompted _ ->
          List.of(
              with(
                  sample,
                  sample.turns().stream()
                      .map(turn -> new Turn(turn.speaker(), unprompted(turn.text())))
                      .toList()));
      case Filter.WrongDetails(double share) -> List.of(falsified(sample, share));
      case Filter.Weighed(Skill skill, double times) -> weighed(sample, skill, times);
    };
  }

  /// Only the exchanges with such questions; nothing if there are none.
  private static List<Sample> only(Sample sample, Predicate<String> wanted) {
    List<Turn> turns = new ArrayList<>();
    for (int i = 0; i + 1 < sample.turns().size(); i += 2) {
      if (wanted.test(sample.turns().get(i).text())) {
        turns.add(sample.turns().get(i));
        turns.add(sample.turns().get(i + 1));
      }
    }
    return turns.isEmpty() ? List.of() : List.of(with(sample, turns));
  }

  /// Without the sentences that ask for a format, on lines of their own.
  static String unprompted(String text) {
    StringBuilder kept = new StringBuilder();
    for (String line : text.split("\n", -1)) {
      if (!line.equals(FormatPrompt.SHORT) && !line.equals(FormatPrompt.LETTER)) {
        kept.append(kept.isEmpty() ? "" : "\n").append(line);
      }
    }
    return kept.toString();
  }

  private Sample falsified(Sample sample, double share) {
    if (sample.image().isEmpty()) {
      return sample;
    }
    RandomGenerator random = random(sample, "wrong details");
    List<Turn> turns = new ArrayList<>(sample.turns());
    for (int i = 1; i < turns.size(); i += 2) {
      String answer = turns.get(i).text();
      if (!isDescription(sample, turns.get(i - 1).text(), answer)) {
        continue;
      }
      Optional<String> other = other(answer, random);
      if (other.isPresent() && random.nextDouble() < share) {
        turns.set(i, new Turn(turns.get(i).speaker(), answer + " " + other.get()));
      }
      descriptions.add(answer);
      if (descriptions.size() > REMEMBERED) {
        descriptions.removeFirst();
      }
    }
    return with(sample, turns);
  }

  private boolean isDescription(Sample sample, String question, String answer) {
    return skills.of(sample, question) == Skill.CONVERSATION
        && answer.endsWith(".")
        && WhitespaceWords.count(answer) >= FEWEST_WORDS;
  }

  private Optional<String> other(String answer, RandomGenerator random) {
    List<String> others = descriptions.stream().filter(one -> !one.equals(answer)).toList();
    return others.isEmpty()
        ? Optional.empty()
        : Optional.of(others.get(random.nextInt(others.size())));
  }

  private List<Sample> weighed(Sample sample, Skill skill, double times) {
    if (skills.mainly(sample) != skill) {
      return List.of(sample);
    }
    int whole = (int) times;
    int copies = random(sample, "weight").nextDouble() < times - whole ? whole + 1 : whole;
    return Collections.nCopies(copies, sample);
  }

  /// The sample with other turns, the placeholder in the first.
  private static Sample with(Sample sample, List<Turn> turns) {
    if (sample.image().isEmpty()) {
      return new Sample(sample.id(), sample.image(), turns);
    }
    boolean last = sample.turns().getFirst().text().endsWith(IMAGE);
    List<Turn> placed = new ArrayList<>();
    for (Turn turn : turns) {
      String text = Skills.plain(turn.text());
      boolean first = placed.isEmpty();
      placed.add(
          new Turn(
              turn.speaker(), !first ? text : last ? text + "\n" + IMAGE : IMAGE + "\n" + text));
    }
    return new Sample(sample.id(), sample.image(), placed);
  }

  private static RandomGenerator random(Sample sample, String what) {
    return new SplittableRandom(31L * sample.id().hashCode() + what.hashCode());
  }
}
