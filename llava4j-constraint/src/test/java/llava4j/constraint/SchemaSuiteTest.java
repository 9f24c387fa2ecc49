package llava4j.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import llava4j.constraint.SchemaSuite.Group;
import llava4j.constraint.SchemaSuite.Instance;
import llava4j.constraint.SchemaSuite.Part;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Limits;
import org.junit.jupiter.api.Test;

/// JSON-Schema-Test-Suite, draft 2020-12: of what is supported no wrong instance is let through,
/// and right ones are stopped only for the reasons that `docs/structured-output.md` gives, which
/// has the figures.
class SchemaSuiteTest {
  private static final Path PAGE = Path.of("..", "docs", "structured-output.md");
  private static final Pattern KEYWORD = Pattern.compile("the keyword '([^']+)'");
  private static final String NO_VALUE = "no value fulfils the schema";

  /// Why a right instance is not written by design.
  private enum Narrower {
    NUMBERS("`0.0`, `1.0`, `1E+308` where a whole number is wanted") {
      @Override
      boolean holds(Group group, Instance instance) {
        return instance.written().matches("\\[?[0-9]+(\\.0|E\\+[0-9]+)]?");
      }
    },
    CHECKED("formats, which only annotate there") {
      @Override
      boolean holds(Group group, Instance instance) {
        return group.file().equals("format.json")
            && instance.name().endsWith("is only an annotation by default");
      }
    },
    RARE("rare forms of formats") {
      @Override
      boolean holds(Group group, Instance instance) {
        String text = instance.written();
        return switch (group.file().replace("optional/format/", "")) {
          case "date-time.json" ->
              text.matches(".*:60(\\.[0-9]+)?[Z+-].*") || text.matches(".*\\.[0-9]{10,}Z.*");
          case "time.json" -> text.matches(".*:60[Z+-].*");
          case "email.json" -> text.startsWith("\"\\\"") || text.contains("@[IPv6:");
          case "hostname.json" -> text.matches(".*\\b..--.*");
          case "uri.json" -> text.contains("://[");
          default -> false;
        };
      }
    },
    VOCABULARY("keywords that the schema's own `$schema` takes out") {
      @Override
      boolean holds(Group group, Instance instance) {
        return group.schema().contains("metaschema-no-validation.json");
      }
    };

    private final String words;

    Narrower(String words) {
      this.words = words;
    }

    abstract boolean holds(Group group, Instance instance);
  }

  /// The figures of one part.
  private static final class Score {
    private final Map<String, Integer> unsupported = new TreeMap<>(); // by keyword
    private final Map<Narrower, Integer> narrower = new EnumMap<>(Narrower.class);
    private final List<String> mistakes = new ArrayList<>();
    private int groups;
    private int supported;
    private int right;
    private int written;
    private int ordered;
    private int wrong;
    private int letThrough;
  }

  @Test
  void noWrongInstanceIsLetThrough() throws IOException {
    Score required = score(Part.REQUIRED);
    Score optional = score(Part.OPTIONAL);
    assertThat(required.mistakes).isEmpty();
    assertThat(optional.mistakes).isEmpty();
    assertThat(required.letThrough + optional.letThrough).isZero();
    String table = table(required, optional);
    assertThat(Files.readString(PAGE)).contains(table);
  }

  private static Score score(Part part) throws IOException {
    Score score = new Score();
    for (Group group : SchemaSuite.groups(part)) {
      score.groups++;
      judge(group, score);
    }
    return score;
  }

  private static void judge(Group group, Score score) {
    List<Constraint> constraints;
    try {
      constraints =
          List.of(
              Constraint.jsonSchema(group.schema()),
              Constraint.jsonSchema(group.schema(), KeyOrder.ANY, Limits.defaults()));
    } catch (ConstraintException e) {
      refused(group, e.getMessage(), score);
      return;
    }
    score.supported++;
    for (Instance instance : group.instances()) {
      if (instance.isRight()) {
        right(group, instance, constraints, score);
      } else {
        score.wrong++;
        if (isLetThrough(instance, constraints)) {
          score.letThrough++;
          score.mistakes.add(said("lets through", group, instance));
        }
      }
    }
  }

  // a schema that no value fulfils has no constraint, which is right if all its instances are wrong
  private static void refused(Group group, String why, Score score) {
    Matcher keyword = KEYWORD.matcher(why);
    if (keyword.find()) {
      score.unsupported.merge(keyword.group(1), 1, Integer::sum);
    } else if (why.startsWith(NO_VALUE)
        && group.instances().stream().noneMatch(Instance::isRight)) {
      score.supported++;
      score.wrong += group.instances().size();
    } else {
      score.mistakes.add(group.file() + ", " + group.name() + ": " + why);
    }
  }

  private static void right(
      Group group, Instance instance, List<Constraint> constraints, Score score) {
    score.right++;
    if (Vocabulary.allows(constraints.getFirst(), instance.written())) {
      score.written++;
    }
    if (constraints.stream().allMatch(one -> Vocabulary.allows(one, instance.ordered()))) {
      score.ordered++;
      return;
    }
    Optional<Narrower> reason =
        List.of(Narrower.values()).stream().filter(one -> one.holds(group, instance)).findFirst();
    reason.ifPresentOrElse(
        known -> score.narrower.merge(known, 1, Integer::sum),
        () -> score.mistakes.add(said("stops", group, instance)));
  }

  private static boolean isLetThrough(Instance instance, List<Constraint> constraints) {
    return constraints.stream()
        .anyMatch(one ->
            Vocabulary.allows(one, instance.written())
                || Vocabulary.allows(one, instance.ordered()));
  }

  private static String said(String what, Group group, Instance instance) {
    return "%s, %s %s '%s': %s, %s"
        .formatted(
            group.file(), group.name(), what, instance.name(), group.schema(), instance.written());
  }

  private static String table(Score required, Score optional) {
    List<String> rows = new ArrayList<>();
    rows.add("| | required | optional |");
    rows.add("|---|---:|---:|");
    rows.add(row("groups", required.groups, optional.groups));
    rows.add(row("supported", required.supported, optional.supported));
    rows.add(row("wrong instances of these", required.wrong, optional.wrong));
    rows.add(row("let through", required.letThrough, optional.letThrough));
    rows.add(row("right instances of these", required.right, optional.right));
    rows.add(row("let through as the file has them", required.written, optional.written));
    rows.add(row("let through in the schema's order", required.ordered, optional.ordered));
    for (Narrower one : Narrower.values()) {
      rows.add(
          row(
              "stopped: " + one.words,
              required.narrower.getOrDefault(one, 0),
              optional.narrower.getOrDefault(one, 0)));
    }
    TreeMap<String, Integer> keywords = new TreeMap<>(required.unsupported);
    optional.unsupported.forEach((keyword, count) -> keywords.merge(keyword, 0, Integer::sum));
    for (String keyword : keywords.keySet()) {
      rows.add(
          row(
              "refused: `" + keyword + "`",
              required.unsupported.getOrDefault(keyword, 0),
              optional.unsupported.getOrDefault(keyword, 0)));
    }
    return rows.stream().collect(Collectors.joining("\n"));
  }

  private static String row(String what, int required, int optional) {
    return "| " + what + " | " + required + " | " + optional + " |";
  }
}
