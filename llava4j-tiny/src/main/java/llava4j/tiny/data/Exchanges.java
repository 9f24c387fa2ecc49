package llava4j.tiny.data;

import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;
import llava4j.data.ImageSize;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.data.mixture.rule.PaddedBox;
import llava4j.data.mixture.rule.PixelBox;
import llava4j.tiny.data.Scene.Kind;
import tools.jackson.databind.json.JsonMapper;

/// Asks about scenes in every way of the paper's mixture.
final class Exchanges {
  private static final int CHOICES = 4;

  private final Phrases phrases;
  private final Facts facts;
  private final Referring referring;
  private final Map<String, List<String>> foreignQuestions = new LinkedHashMap<>();
  private final JsonMapper json = new JsonMapper();

  Exchanges(Phrases phrases, Facts facts, Referring referring) {
    this.phrases = phrases;
    this.facts = facts;
    this.referring = referring;
    for (String line : Phrases.lines("languages.txt")) {
      List<String> parts = List.of(line.split("\\|", -1));
      foreignQuestions.put(parts.getFirst(), parts.subList(1, parts.size()));
    }
  }

  /// One exchange of this kind, if the scene gives one.
  Optional<Exchange> ask(TinyTask task, Scene scene, RandomGenerator random) {
    if (task.isFact()) {
      return facts
          .find(task, scene, random)
          .map(fact -> {
            int way = random.nextInt(10);
            if (way < 4 && fact.others().size() >= CHOICES - 1) {
              return choice(fact, random);
            }
            return way < 9 ? brief(fact) : free(fact);
          });
    }
    return switch (task) {
      case CAPTION ->
          Optional.of(own(task, "", phrases.pick("caption", random), caption(scene, random)));
      case DETAIL ->
          Optional.of(own(task, "", phrases.pick("detail", random), detail(scene, random)));
      case KIND_OF -> kindOf(scene, random);
      case LANGUAGE -> foreign(scene, random);
      case FALSELY -> Optional.of(falsely(scene, random));
      case JSON -> Optional.of(json(scene, random));
      case BOX -> Optional.of(box(scene, random));
      case REFERRED -> referred(scene, random);
      case REGION -> Optional.of(region(scene, random));
      default -> Optional.empty();
    };
  }

  /// As many exchanges as the scene gives, nothing asked twice in other words.
  ///
  /// @param tasks are tried in their order
  List<Exchange> several(List<TinyTask> tasks, int most, Scene scene, RandomGenerator random) {
    Map<String, Exchange> asked = new LinkedHashMap<>(); // by what is asked
    for (TinyTask task : tasks) {
      if (asked.size() < most) {
        ask(task, scene, random)
            .ifPresent(exchange -> asked.putIfAbsent(answered(exchange), exchange));
      }
    }
    return List.copyOf(asked.values());
  }

  private static String answered(Exchange exchange) {
    TinyTask task = exchange.task() == TinyTask.REFERRED ? TinyTask.BOX : exchange.task();
    return task + " " + exchange.about();
  }

  /// Whether something is there.
  Exchange whether(Scene scene, RandomGenerator random) {
    return brief(facts.find(TinyTask.PRESENCE, scene, random).orElseThrow());
  }

  /// Any fact by letter, or in a word where there are not enough others.
  Exchange which(Scene scene, RandomGenerator random) {
    List<TinyTask> tasks = new ArrayList<>(TinyTask.about(scene.kind()));
    Collections.shuffle(tasks, new Random(random.nextLong()));
    List<Fact> found =
        tasks.stream()
            .filter(task -> task != TinyTask.PRESENCE)
            .flatMap(task -> facts.find(task, scene, random).stream())
            .toList();
    return found.stream()
        .filter(fact -> fact.others().size() >= CHOICES - 1)
        .findFirst()
        .map(fact -> choice(fact, random))
        .orElseGet(() -> brief(found.getFirst()));
  }

  /// In a word. Only yes and no have a capital as in the paper's mixture: to a small model `Owl`
  /// and `owl` are two words, and it should learn one.
  static Exchange brief(Fact fact) {
    String answer =
        fact.task() == TinyTask.PRESENCE ? English.capitalized(fact.brief()) : fact.brief();
    return new Exchange(fact.task(), fact.about(), Exchange.Format.SHORT, fact.question(), answer);
  }

  /// In a sentence.
  static Exchange free(Fact fact) {
    return new Exchange(
        fact.task(), fact.about(), Exchange.Format.FREE, fact.question(), fact.sentence());
  }

  /// By letter, the options in random order.
  static Exchange choice(Fact fact, RandomGenerator random) {
    List<String> wrong = new ArrayList<>(fact.others());
    Random shuffling = new Random(random.nextLong());
    Collections.shuffle(wrong, shuffling);
    List<String> options = new ArrayList<>(wrong.subList(0, CHOICES - 1));
    options.add(fact.brief());
    Collections.shuffle(options, shuffling);
    StringBuilder question = new StringBuilder(fact.question());
    for (int i = 0; i < options.size(); i++) {
      question.append('\n').append((char) ('A' + i)).append(". ");
      question.append(options.get(i));
    }
    String letter = String.valueOf((char) ('A' + options.indexOf(fact.brief())));
    return new Exchange(
        fact.task(), fact.about(), Exchange.Format.LETTER, question.toString(), letter);
  }

  /// What is there, as few words as will do; rarely its kind and what it lies on.
  String names(Scene scene, RandomGenerator random) {
    List<String> words = new ArrayList<>();
    scene.writing().ifPresent(words::add);
    scene.things().stream().map(Exchanges::named).distinct().forEach(words::add);
    if (scene.kind() == Kind.COUNT) {
      words.add(String.valueOf(scene.things().size()));
    }
    if (scene.kind() == Kind.SINGLE && random.nextInt(4) == 0) {
      scene.only().category().ifPresent(words::add);
    }
    if (random.nextInt(8) == 0) {
      words.add(scene.background().word());
    }
    return String.join(", ", words);
  }

  /// One sentence that names everything.
  String caption(Scene scene, RandomGenerator random) {
    String color = scene.background().word();
    String on = " on " + English.article(color) + " " + color + " background.";
    String sentence = English.capitalized(contents(scene)) + on;
    return random.nextInt(4) == 0 ? "A picture of " + lower(sentence) : sentence;
  }

  private String contents(Scene scene) {
    return switch (scene.kind()) {
      case WORD -> "The word " + scene.writing().orElseThrow();
      case DIGITS -> "The handwritten digit " + scene.writing().orElseThrow();
      case COUNT -> counted(scene);
      case SINGLE, SEVERAL, SHAPES, MIXED ->
          English.list(scene.things().stream().map(this::described).toList());
    };
  }

  /// Everything that can be said of it.
  String detail(Scene scene, RandomGenerator random) {
    StringBuilder text = new StringBuilder(caption(scene, random));
    for (Thing thing : scene.things()) {
      text.append(" The ").append(thing.name());
      text.append(' ').append(thing.verb()).append(' ');
      text.append(size(thing)).append(" and ").append(place(scene, thing)).append('.');
    }
    return text.toString();
  }

  private Optional<Exchange> kindOf(Scene scene, RandomGenerator random) {
    Thing thing = scene.only();
    return thing
        .category()
        .map(right -> {
          boolean yes = random.nextBoolean();
          Concept other = facts.absent(scene, random);
          String word = yes ? right : other.category();
          boolean holds = word.equals(right);
          return new Exchange(
              TinyTask.KIND_OF,
              word,
              Exchange.Format.SHORT,
              phrases.about("kindof", random, thing, "word", word),
              holds ? "Yes" : "No");
        });
  }

  private Optional<Exchange> foreign(Scene scene, RandomGenerator random) {
    return scene
        .only()
        .concept()
        .flatMap(concept ->
            concept.anyLanguage(random).map(language -> foreign(concept, language, random)));
  }

  private Exchange foreign(Concept concept, String language, RandomGenerator random) {
    List<String> questions = foreignQuestions.get(language);
    String question = questions.get(random.nextInt(questions.size()));
    return own(TinyTask.LANGUAGE, "", question, concept.names().get(language));
  }

  private Exchange falsely(Scene scene, RandomGenerator random) {
    Concept wrong = facts.absent(scene, random);
    String other =
        scene.things().isEmpty()
            ? "something else"
            : English.list(scene.things().stream().map(Thing::withArticle).distinct().toList());
    return own(
        TinyTask.FALSELY,
        wrong.name(),
        phrases.about("falsely", random, wrong),
        phrases.about("falsely.say", random, wrong, "other", other));
  }

  private Exchange json(Scene scene, RandomGenerator random) {
    Map<String, Object> answer = new LinkedHashMap<>();
    String how;
    switch (scene.kind()) {
      case COUNT -> {
        how = "json.count";
        answer.put("object", scene.only().name());
        answer.put("count", scene.things().size());
      }
      case SINGLE -> {
        how = "json.one";
        answer.put("object", scene.only().name());
        answer.put("background", scene.background().word());
      }
      default -> {
        how = "json.many";
        answer.put("objects", scene.things().stream().map(Thing::name).toList());
      }
    }
    String text = json.writeValueAsString(answer).replace("\":", "\": ").replace(",\"", ", \"");
    return own(TinyTask.JSON, "", phrases.pick(how, random), text);
  }

  private Exchange box(Scene scene, RandomGenerator random) {
    return box(scene, scene.things().get(random.nextInt(scene.things().size())));
  }

  /// Where a thing is that is told by its name.
  private Exchange box(Scene scene, Thing thing) {
    return box(TinyTask.BOX, scene, thing, described(thing));
  }

  private static Exchange box(TinyTask task, Scene scene, Thing thing, String described) {
    return own(
        task, thing.name(), FormatPrompt.box(described + "."), coordinates(scene, thing).text());
  }

  private Optional<Exchange> referred(Scene scene, RandomGenerator random) {
    Thing thing = scene.things().get(random.nextInt(scene.things().size()));
    return referring
        .to(thing, scene, random)
        .map(words -> box(TinyTask.REFERRED, scene, thing, words));
  }

  /// What lies where and where lies what, one question for each thing in any order.
  List<Exchange> places(Scene scene, RandomGenerator random) {
    List<Thing> things = new ArrayList<>(scene.things());
    Collections.shuffle(things, new Random(random.nextLong()));
    List<Exchange> asked = new ArrayList<>();
    for (Thing thing : things) {
      // a digit's place is the paper it was written on
      boolean found = scene.isTheOnlyOne(thing) && (thing.isDrawn() || isPrinted(thing, scene));
      asked.add(found && random.nextBoolean() ? box(scene, thing) : region(scene, thing));
    }
    return asked;
  }

  private static boolean isPrinted(Thing thing, Scene scene) {
    return !thing.name().equals(scene.background().word())
        && Character.isLetter(thing.name().charAt(0));
  }

  private Exchange region(Scene scene, RandomGenerator random) {
    return region(scene, scene.things().get(random.nextInt(scene.things().size())));
  }

  /// What lies in a thing's box.
  Exchange region(Scene scene, Thing thing) {
    return own(
        TinyTask.REGION,
        thing.name(),
        FormatPrompt.region(coordinates(scene, thing)),
        named(thing));
  }

  /// Left, top, right, bottom as shares of the padded square's side, as in the paper's mixture.
  static PaddedBox coordinates(Scene scene, Thing thing) {
    Rectangle box = thing.box();
    return PaddedBox.of(
        PixelBox.ofCorner(box.x, box.y, box.width, box.height),
        new ImageSize(scene.image().getWidth(), scene.image().getHeight()));
  }

  private static String counted(Scene scene) {
    int count = scene.things().size();
    return count == 1
        ? scene.only().withArticle()
        : English.number(count) + " " + scene.only().plurals();
  }

  /// `red car`, `cat`.
  private static String named(Thing thing) {
    return thing.color().map(hue -> hue.word() + " ").orElse("") + thing.name();
  }

  /// `a red car`, `a cat`, `the word house`.
  private String described(Thing thing) {
    if (!thing.isDrawn()) {
      return "the word " + thing.name();
    }
    if (thing.color().isEmpty()) {
      return thing.withArticle();
    }
    String colored = named(thing);
    return thing.noun() == Noun.COUNTED ? English.article(colored) + " " + colored : colored;
  }

  private static String size(Thing thing) {
    int side = Math.max(thing.box().width, thing.box().height);
    return side > 74 ? "large" : side > 46 ? "of medium size" : "small";
  }

  private static String place(Scene scene, Thing thing) {
    double x = thing.box().getCenterX() / scene.image().getWidth();
    double y = thing.box().getCenterY() / scene.image().getHeight();
    String across = x < 0.4 ? "left" : x > 0.6 ? "right" : "";
    String down = y < 0.4 ? "top" : y > 0.6 ? "bottom" : "";
    if (across.isEmpty() && down.isEmpty()) {
      return "in the middle";
    }
    String words = (down + " " + across).strip();
    return "at the " + words;
  }

  private static String lower(String sentence) {
    return sentence.substring(0, 1).toLowerCase(Locale.ROOT) + sentence.substring(1);
  }

  private static Exchange own(TinyTask task, String about, String question, String answer) {
    return new Exchange(task, about, Exchange.Format.OWN, question, answer);
  }
}
