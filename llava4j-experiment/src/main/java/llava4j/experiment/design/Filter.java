package llava4j.experiment.design;

import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/// A change of training data. Random choices depend on the sample's id alone, so that the same
/// filter always gives the same data.
public sealed interface Filter {

  /// In percent, with all its digits, because descriptions name models.
  private static String percent(double share) {
    return BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString();
  }

  /// Only exchanges of these skills; a sample without any is left out.
  record Keep(Set<Skill> skills) implements Filter {
    public Keep {
      skills = Set.copyOf(skills);
    }

    @Override
    public String toString() {
      return "only "
          + EnumSet.copyOf(skills).stream().map(Skill::word).collect(Collectors.joining(", "));
    }
  }

  /// A random share of the samples.
  ///
  /// @param share greater than 0, at most 1
  record Share(double share) implements Filter {
    @Override
    public String toString() {
      return percent(share) + " % of the samples";
    }
  }

  /// One of several parts that have no sample in common: every so many-th sample.
  ///
  /// @param number of the part, from 1
  /// @param of how many parts there are
  record Slice(int number, int of) implements Filter {
    public Slice {
      if (number < 1 || number > of) {
        throw new IllegalArgumentException("part " + number + " of " + of);
      }
    }

    @Override
    public String toString() {
      return "part " + number + " of " + of;
    }
  }

  /// Without the exchanges whose question asks for the letter of a choice, wherever they come from;
  /// a sample with nothing left is left out.
  record WithoutLetters() implements Filter {
    @Override
    public String toString() {
      return "without questions for a letter";
    }
  }

  /// Questions without the sentences that ask for a format.
  record Unprompted() implements Filter {
    @Override
    public String toString() {
      return "without format prompts";
    }
  }

  /// Descriptions that go on with the description of another image.
  ///
  /// @param share of the descriptions, greater than 0, at most 1
  record WrongDetails(double share) implements Filter {
    @Override
    public String toString() {
      return "wrong details in " + percent(share) + " % of the descriptions";
    }
  }

  /// Samples that mainly teach a skill, more or less often.
  ///
  /// @param times how often each is taken; a fraction is a random choice
  record Weighed(Skill skill, double times) implements Filter {
    @Override
    public String toString() {
      return skill.word() + " " + times + " times";
    }
  }
}
