package llava4j.tiny.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import llava4j.tiny.data.Scene.Kind;

/// Questions about images of things, drawings, words and hands that are never trained on.
final class HeldOut {
  private static final int TRIES = 200;

  private final SceneMaker scenes;
  private final Facts facts;
  private final Exchanges exchanges;
  private final TinyMixture.Settings settings;

  HeldOut(SceneMaker scenes, Facts facts, Exchanges exchanges, TinyMixture.Settings settings) {
    this.scenes = scenes;
    this.facts = facts;
    this.exchanges = exchanges;
    this.settings = settings;
  }

  /// A row of the table of scores.
  ///
  /// @param kinds scenes that it asks about, each as often as the others
  /// @param asked facts that it asks for
  private record Row(String task, List<Kind> kinds, List<TinyTask> asked, Split split) {
    /// Rows of one kind get the same scenes: the same question with and without its prompt.
    String randomness() {
      return "heldout-" + (task.equals("free") ? "short" : task) + split;
    }
  }

  List<HeldOutQuestion> questions() {
    List<HeldOutQuestion> questions = new ArrayList<>();
    List<Kind> images = List.of(Kind.SINGLE, Kind.SEVERAL);
    List<TinyTask> all =
        List.of(
            TinyTask.NAME,
            TinyTask.CATEGORY,
            TinyTask.BACKGROUND,
            TinyTask.SIDE,
            TinyTask.WHERE,
            TinyTask.HEIGHT,
            TinyTask.COLOR);
    List<Kind> vqa = List.of(Kind.SINGLE, Kind.SINGLE, Kind.SEVERAL, Kind.SHAPES);
    for (Split split : List.of(Split.NEW_STYLE, Split.NEW_CONCEPT)) {
      List<TinyTask> asked =
          split == Split.NEW_STYLE
              ? all
              : List.of(TinyTask.CATEGORY, TinyTask.BACKGROUND, TinyTask.COLOR, TinyTask.TOTAL);
      add(new Row("vqa", vqa, asked, split), questions);
      if (split == Split.NEW_STYLE) {
        add(
            new Row(
                "choice",
                vqa,
                List.of(TinyTask.NAME, TinyTask.CATEGORY, TinyTask.SIDE, TinyTask.BACKGROUND),
                split),
            questions);
        add(new Row("yesno", images, List.of(TinyTask.PRESENCE), split), questions);
        add(new Row("short", List.of(Kind.SINGLE), List.of(TinyTask.NAME), split), questions);
        add(new Row("free", List.of(Kind.SINGLE), List.of(TinyTask.NAME), split), questions);
        add(new Row("json", List.of(Kind.SINGLE), List.of(TinyTask.JSON), split), questions);
        add(
            new Row("language", List.of(Kind.SINGLE), List.of(TinyTask.LANGUAGE), split),
            questions);
      }
      add(new Row("count", List.of(Kind.COUNT), List.of(TinyTask.COUNT), split), questions);
      add(new Row("word", List.of(Kind.WORD), List.of(TinyTask.WORD), split), questions);
      add(new Row("box", images.subList(1, 2), List.of(TinyTask.BOX), split), questions);
    }
    add(
        new Row("digits", List.of(Kind.DIGITS), List.of(TinyTask.DIGITS), Split.NEW_STYLE),
        questions);
    return questions;
  }

  private void add(Row row, List<HeldOutQuestion> questions) {
    for (int i = 0; i < settings.heldOut(); i++) {
      RandomGenerator random = TinyMixture.seeded(settings.seed(), row.randomness(), i);
      questions.add(question(row, i, random));
    }
  }

  private HeldOutQuestion question(Row row, int number, RandomGenerator random) {
    for (int i = 0; i < TRIES; i++) {
      TinyTask asked = row.asked().get(number % row.asked().size());
      Kind kind = row.kinds().get(random.nextInt(row.kinds().size()));
      if (!TinyTask.about(kind).contains(asked)) {
        continue;
      }
      Scene scene = scenes.make(kind, row.split(), random);
      if (scene.things().isEmpty() && scene.writing().isEmpty()) {
        continue;
      }
      Optional<Exchange> exchange = exchange(row, asked, scene, random);
      if (exchange.isPresent()) {
        return new HeldOutQuestion(
            row.task() + "-" + row.split().word() + "-" + number,
            row.task(),
            row.split(),
            asked,
            exchange.get().asked(),
            List.of(exchange.get().answer()),
            Optional.of(scene.image()));
      }
    }
    throw new IllegalStateException("no scene answers " + row);
  }

  private Optional<Exchange> exchange(
      Row row, TinyTask asked, Scene scene, RandomGenerator random) {
    if (!asked.isFact()) {
      return exchanges.ask(asked, scene, random);
    }
    Optional<Fact> fact = facts.find(asked, scene, random);
    return switch (row.task()) {
      case "choice" ->
          fact.filter(found -> found.others().size() >= 3)
              .map(found -> Exchanges.choice(found, random));
      case "free" ->
          fact.map(found ->
              new Exchange(
                  asked,
                  found.about(),
                  Exchange.Format.FREE,
                  found.question(),
                  English.capitalized(found.brief())));
      default -> fact.map(Exchanges::brief);
    };
  }
}
