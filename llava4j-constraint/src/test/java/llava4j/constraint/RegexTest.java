package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.regex.Pattern;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.regex.Patterns;
import llava4j.constraint.regex.Regex;
import llava4j.constraint.regex.RegexPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Regular expressions, compared with those of Java, which agree on this part.
class RegexTest {
  private static final String ALPHABET = "ab01-_. \n\u00e9xyz/";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "^a",
        "a$",
        "^a$",
        "",
        "^$",
        "a|b",
        "^(a|b)*$",
        "^a{2,3}$",
        "a{2}",
        "^a{2,}b?$",
        "[ab]",
        "[^ab]",
        "^[^ab]+$",
        "\\d",
        "\\D",
        "\\w+",
        "\\W",
        "^\\s*$",
        "\\S\\s\\S",
        ".",
        "^.*$",
        "^.{3}$",
        "a.*b",
        "^(?:a|ab)(?:c|0)*$",
        "(a|b)(0|1)",
        "^(?!a)",
        "^(?!a).*b$",
        "^(?=.*a)(?=.*b)",
        "a(?=b)",
        "a(?!b)",
        "^(?!.*ab).*$",
        "^a*?b",
        "[a-b0]{2}",
        "^-?[01]+(\\.[01]+)?$",
        "\u00e9",
        "^[\\w.-]+$",
        "[\\s\\S]",
        "^(a$|b)",
        "a|^b",
        "(^a|b)0",
        "^(?:\\S+\\s+){0,3}\\S+$",
        "x*",
        "^x+$|^$",
        "\\x61",
        "\\u0061",
        "[\\d\\-]",
        "^(?<name>a)b",
        "(?:)",
        "a{0}b",
        "(a{2}){2}",
        "^(|a)b"
      })
  void findsWhatJavaFinds(String expression) {
    Pattern expected = Pattern.compile(expression.replace("$", "\\z"));
    Regex language = Patterns.search(new RegexPool(100_000), expression);
    Random random = new Random(expression.hashCode());
    int found = 0;
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(7); length > 0; length--) {
        text.append(ALPHABET.charAt(random.nextInt(i % 2 == 0 ? 4 : ALPHABET.length())));
      }
      boolean right = expected.matcher(text).find();
      found += right ? 1 : 0;
      assertThat(language.matches(text.toString()))
          .as("'%s' in '%s'", expression, text)
          .isEqualTo(right);
    }
    assertThat(found).isPositive();
  }

  @Test
  void propertiesAndCharactersBeyondTheFirstPlane() {
    RegexPool pool = new RegexPool(10_000);
    assertThat(Patterns.match(pool, "\\p{L}+").matches("\u00e9\u03b1\u4e00z")).isTrue();
    assertThat(Patterns.match(pool, "\\p{Lu}\\P{Lu}").matches("Ab")).isTrue();
    assertThat(Patterns.match(pool, "\\p{Script=Greek}").matches("\u03b1")).isTrue();
    assertThat(Patterns.match(pool, "\\p{Script=Greek}").matches("a")).isFalse();
    assertThat(Patterns.match(pool, "^.$").matches("\uD83D\uDE00")).isTrue();
    assertThat(Patterns.match(pool, "[\\u{1F600}-\\u{1F610}]").matches("\uD83D\uDE00")).isTrue();
    assertThat(Patterns.match(pool, "\\uD83D\\uDE00").matches("\uD83D\uDE00")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        ")",
        "[",
        "a**",
        "*",
        "\\",
        "(?<=a)b",
        "(?<!a)b",
        "\\bfoo",
        "(a)\\1",
        "(?i)a",
        "a{3,2}",
        "[b-a]",
        "\\p{Nonsense}",
        "\\x6",
        "(?:^a)*b",
        "a*^b",
        "\\k"
      })
  void refusesWhatItCannotSay(String expression) {
    assertThatThrownBy(() -> Patterns.search(new RegexPool(10_000), expression))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("the regular expression '" + expression + "' ");
  }

  @Test
  void wholeTextsMatch() {
    assertThat(Vocabulary.allows(Constraint.regex("[a-z]+\\d?"), "abc1")).isTrue();
    assertThat(Vocabulary.allows(Constraint.regex("[a-z]+\\d?"), "abc12")).isFalse();
    assertThat(Vocabulary.allows(Constraint.regex("\u00e9|\u20ac"), "\u20ac")).isTrue();
    assertThatThrownBy(() -> Constraint.regex("a(?=b)c"))
        .isInstanceOf(ConstraintException.class)
        .hasMessageContaining("no text matches");
  }

  @Test
  void choicesAreTaken() {
    Constraint constraint = Constraint.choice(java.util.List.of("yes", "no", "no idea"));
    assertThat(Vocabulary.allows(constraint, "no idea")).isTrue();
    assertThat(Vocabulary.allows(constraint, "no")).isTrue();
    assertThat(Vocabulary.allows(constraint, "no i")).isFalse();
    assertThatThrownBy(() -> Constraint.choice(java.util.List.of()))
        .hasMessageContaining("no text to choose");
  }
}
