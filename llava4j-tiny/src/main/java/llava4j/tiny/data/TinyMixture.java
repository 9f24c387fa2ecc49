package llava4j.tiny.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.data.fetch.PackageStore;
import llava4j.tiny.data.Scene.Kind;

/// Builds the small mixture: what the tower learns from (pairs), what the language model learns
/// from first (texts), captions of stage 1, instructions of stage 2, and held-out questions. The
/// same seed makes the same files.
public final class TinyMixture {
  private static final int COMMON_NOUNS = 9_000;
  private static final int ONE_TEXT_IN = 16; // of stage 2
  private static final int TOLD_IN = 4; // all texts but one in so many are told scenes
  private static final int ONE_MIXED_IN = 9; // of stage 2's images
  private static final int MOST_EXCHANGES = 6; // about one image
  private static final int ONE_IN_ANY_ORDER = 4; // else what tells most comes last
  private static final int ONE_DETAIL_IN = 4; // their many words would drown the short answers
  private static final int WORDS = 110; // to print
  private static final int LESSONS = 20; // of these, so many ask
  private static final int WHETHER = 5;
  private static final int WHICH = 8;
  private static final int BOXES = 4; // the rest describes

  private static final List<Kind> HAVE_THINGS =
      List.of(Kind.SINGLE, Kind.SEVERAL, Kind.SEVERAL, Kind.COUNT);

  private final SceneMaker scenes;
  private final Exchanges exchanges;
  private final Texts texts;
  private final ToldScenes told;
  private final Facts facts;
  private final Settings settings;

  /// How much of everything.
  ///
  /// @param pairs images with the names of what they show
  /// @param captions images with one sentence
  /// @param lessons images with one question each: what is there, is it there, which of four, in
  ///   which box
  /// @param conversations images with several questions, and some texts alone
  /// @param texts conversations without an image
  /// @param heldOut questions of each held-out task and split
  /// @param copyleft also from packages whose works must be shared alike
  public record Settings(
      long seed,
      int pairs,
      int captions,
      int lessons,
      int conversations,
      int texts,
      int heldOut,
      boolean copyleft) {

    /// What the bundled model is trained on.
    public static Settings bundled() {
      return new Settings(42, 160_000, 4_000, 38_000, 120_000, 24_000, 200, false);
    }

    private String line() {
      return "seed %d, %d pairs, %d captions, %d lessons, %d conversations, %d texts, %d questions a row%s"
          .formatted(
              seed,
              pairs,
              captions,
              lessons,
              conversations,
              texts,
              heldOut,
              copyleft ? ", with copyleft" : "");
    }

    /// With other randomness.
    public Settings withSeed(long other) {
      return new Settings(other, pairs, captions, lessons, conversations, texts, heldOut, copyleft);
    }

    /// Also from packages whose works must be shared alike.
    public Settings withCopyleft(boolean wanted) {
      return new Settings(seed, pairs, captions, lessons, conversations, texts, heldOut, wanted);
    }

    /// An n-th of everything.
    public Settings divided(int by) {
      return new Settings(
          seed,
          pairs / by,
          captions / by,
          lessons / by,
          conversations / by,
          texts / by,
          heldOut / by,
          copyleft);
    }
  }

  TinyMixture(
      SceneMaker scenes,
      Exchanges exchanges,
      Texts texts,
      ToldScenes told,
      Facts facts,
      Settings settings) {
    this.scenes = scenes;
    this.exchanges = exchanges;
    this.texts = texts;
    this.told = told;
    this.facts = facts;
    this.settings = settings;
  }

  /// Fetches and reads all that the mixture is made of.
  ///
  /// @param store keeps the packages
  public static TinyMixture open(PackageStore store, Settings settings) {
    Map<TinyPackage, Path> folders = new EnumMap<>(TinyPackage.class);
    for (TinyPackage one : TinyPackage.wanted(settings.copyleft())) {
      folders.put(one, store.unpacked(one.pinned(), one.wanted()));
    }
    List<Concept> concepts =
        new ConceptTable(folders.get(TinyPackage.EMOJI_NOTO), folders.get(TinyPackage.NAMES))
            .concepts();
    Glosses glosses = new Glosses(folders.get(TinyPackage.WORDNET));
    List<Glosses.Meaning> nouns = glosses.commonest(COMMON_NOUNS);
    Material material =
        new Material(
            new Drawings(concepts, folders::get).all(),
            Handwriting.in(folders.get(TinyPackage.DIGITS)),
            Lettering.in(folders::get, nouns.stream().map(Glosses.Meaning::noun).toList(), WORDS));
    Phrases phrases = Phrases.bundled();
    List<Concept> trained = material.concepts(Split.TRAIN);
    Map<String, Glosses.Meaning> meanings = new LinkedHashMap<>();
    for (Concept concept : trained) {
      glosses
          .of(concept.name(), concept.category())
          .ifPresent(meaning -> meanings.put(concept.name(), meaning));
    }
    Facts facts = new Facts(phrases, trained);
    List<String> heldOut = concepts.stream().filter(Concept::heldOut).map(Concept::name).toList();
    Texts texts =
        new Texts(
            phrases,
            nouns.stream().filter(noun -> !heldOut.contains(noun.noun())).toList(),
            trained,
            meanings,
            Texts.paragraphs(folders.get(TinyPackage.PROSE)));
    SceneMaker scenes = new SceneMaker(material);
    Exchanges exchanges = new Exchanges(phrases, facts, new Referring(phrases, meanings));
    return new TinyMixture(
        scenes, exchanges, texts, new ToldScenes(phrases, scenes, exchanges), facts, settings);
  }

  /// Writes everything below a folder.
  ///
  /// @param progress hears how many images and texts of [#total] are made
  public void write(Path out, LongConsumer progress) {
    MixtureFiles files = new MixtureFiles(out, progress);
    List<TinyPackage> packages = TinyPackage.wanted(settings.copyleft());
    files.claim(settings.line() + ", made from " + sources(packages));
    files.samples("pairs.json", settings.pairs(), this::pair);
    files.samples("captions.json", settings.captions(), this::caption);
    files.samples("lessons.json", settings.lessons(), this::lesson);
    files.samples("instructions.json", settings.conversations(), this::conversation);
    files.samples("texts.json", settings.texts(), this::text);
    files.questions("heldout.jsonl", new HeldOut(scenes, facts, exchanges, settings).questions());
    files.attribution(packages);
  }

  private static String sources(List<TinyPackage> packages) {
    List<String> lines = new ArrayList<>();
    for (String list : List.of("concepts.txt", "phrases.txt", "languages.txt")) {
      lines.addAll(Phrases.lines(list));
    }
    for (TinyPackage one : packages) {
      lines.add(one.pinned().name() + " " + one.pinned().version());
    }
    return Hashing.of(lines);
  }

  /// Images, texts and questions to make.
  public long total() {
    return (long) settings.pairs()
        + settings.captions()
        + settings.lessons()
        + settings.conversations()
        + settings.texts();
  }

  private MixtureFiles.Made pair(int number) {
    return pair("pair", number);
  }

  private MixtureFiles.Made pair(String part, int number) {
    RandomGenerator random = random(part, number);
    int dice = random.nextInt(100);
    Kind kind =
        dice < 17
            ? Kind.SINGLE
            : dice < 25 ? Kind.COUNT : dice < 31 ? Kind.WORD : dice < 45 ? Kind.DIGITS : Kind.MIXED;
    Scene scene = scenes.make(kind, Split.TRAIN, random);
    MixtureFiles.Made whole = described(part, number, scene, exchanges.names(scene, random));
    return kind == Kind.MIXED ? withRegions(whole, scene, random) : whole;
  }

  /// Asks for each thing by its place as well; sometimes the answer has its kind too.
  private MixtureFiles.Made withRegions(
      MixtureFiles.Made whole, Scene scene, RandomGenerator random) {
    List<Turn> turns = new ArrayList<>(whole.sample().turns());
    for (Thing thing : scene.things()) {
      Exchange region = exchanges.region(scene, thing);
      Optional<String> kind = thing.category().filter(_ -> random.nextInt(5) == 0);
      turns.add(new Turn(Speaker.HUMAN, region.asked()));
      turns.add(new Turn(Speaker.GPT, region.answer() + kind.map(word -> ", " + word).orElse("")));
    }
    Sample sample = whole.sample();
    return new MixtureFiles.Made(new Sample(sample.id(), sample.image(), turns), whole.image());
  }

  private MixtureFiles.Made caption(int number) {
    RandomGenerator random = random("caption", number);
    int dice = random.nextInt(20);
    Kind kind =
        dice < 11
            ? Kind.SINGLE
            : dice < 15
                ? Kind.SEVERAL
                : dice < 17 ? Kind.COUNT : dice < 19 ? Kind.SHAPES : Kind.WORD;
    Scene scene = scenes.make(kind, Split.TRAIN, random);
    return described("caption", number, scene, exchanges.caption(scene, random));
  }

  private static MixtureFiles.Made described(String part, int number, Scene scene, String said) {
    String name = "%s-%06d".formatted(part, number);
    Sample sample =
        new Sample(
            name,
            Optional.of(part + "s/" + name + ".png"),
            List.of(
                new Turn(Speaker.HUMAN, "<image>\nDescribe the picture briefly."),
                new Turn(Speaker.GPT, said)));
    return new MixtureFiles.Made(sample, Optional.of(scene.image()));
  }

  private MixtureFiles.Made conversation(int number) {
    RandomGenerator random = random("conversation", number);
    String name = "conversation-%06d".formatted(number);
    if (number % ONE_TEXT_IN == 0) {
      return new MixtureFiles.Made(
          new Sample(name, Optional.empty(), texts.turns(random)), Optional.empty());
    }
    Kind kind = random.nextInt(ONE_MIXED_IN) == 0 ? Kind.MIXED : kindOfConversation(random);
    Scene scene = scenes.make(kind, Split.TRAIN, random);
    List<Exchange> asked =
        kind == Kind.MIXED ? exchanges.places(scene, random) : several(scene, random);
    return new MixtureFiles.Made(
        new Sample(name, Optional.of("instructions/" + name + ".png"), turns(asked, random)),
        Optional.of(scene.image()));
  }

  private List<Exchange> several(Scene scene, RandomGenerator random) {
    boolean detailed = random.nextInt(ONE_DETAIL_IN) == 0;
    List<TinyTask> tasks =
        TinyTask.about(scene.kind()).stream()
            .filter(task -> detailed || task != TinyTask.DETAIL)
            .toList();
    return asked(scene, tasks, 2 + random.nextInt(MOST_EXCHANGES - 1), random);
  }

  private static Kind kindOfConversation(RandomGenerator random) {
    int dice = random.nextInt(100);
    return dice < 30
        ? Kind.SINGLE
        : dice < 64
            ? Kind.SEVERAL
            : dice < 76
                ? Kind.COUNT
                : dice < 81 ? Kind.SHAPES : dice < 89 ? Kind.WORD : Kind.DIGITS;
  }

  /// One question: of several about an image, most can be guessed from what was said before.
  private MixtureFiles.Made lesson(int number) {
    int part = number % LESSONS;
    if (part >= WHETHER + WHICH + BOXES) {
      return pair("lesson", number);
    }
    RandomGenerator random = random("lesson", number);
    if (part < WHETHER) {
      Kind kind = HAVE_THINGS.get(random.nextInt(HAVE_THINGS.size()));
      Scene scene = scenes.make(kind, Split.TRAIN, random);
      return lesson(number, scene, exchanges.whether(scene, random), random);
    }
    boolean box = part >= WHETHER + WHICH;
    Kind kind = box ? Kind.SEVERAL : kindOfConversation(random);
    Scene scene = scenes.make(kind, Split.TRAIN, random);
    Exchange asked =
        box
            ? exchanges.ask(TinyTask.BOX, scene, random).orElseThrow()
            : exchanges.which(scene, random);
    return lesson(number, scene, asked, random);
  }

  private static MixtureFiles.Made lesson(
      int number, Scene scene, Exchange asked, RandomGenerator random) {
    String name = "lesson-%06d".formatted(number);
    return new MixtureFiles.Made(
        new Sample(name, Optional.of("lessons/" + name + ".png"), turns(List.of(asked), random)),
        Optional.of(scene.image()));
  }

  /// Asks some of these tasks; most often what tells much comes last.
  private List<Exchange> asked(
      Scene scene, List<TinyTask> tasks, int most, RandomGenerator random) {
    List<TinyTask> shuffled = new ArrayList<>(tasks);
    Collections.shuffle(shuffled, new Random(random.nextLong()));
    List<Exchange> asked = new ArrayList<>(exchanges.several(shuffled, most, scene, random));
    if (random.nextInt(ONE_IN_ANY_ORDER) > 0) {
      asked.sort(Comparator.comparingInt(exchange -> exchange.task().tells()));
    }
    return asked;
  }

  private static List<Turn> turns(List<Exchange> exchanges, RandomGenerator random) {
    List<Turn> turns = new ArrayList<>();
    boolean before = random.nextBoolean();
    for (Exchange exchange : exchanges) {
      String text = exchange.asked();
      if (turns.isEmpty()) {
        text = before ? "<image>\n" + text : text + "\n<image>";
      }
      turns.add(new Turn(Speaker.HUMAN, text));
      turns.add(new Turn(Speaker.GPT, exchange.answer()));
    }
    return turns;
  }

  private MixtureFiles.Made text(int number) {
    RandomGenerator random = random("text", number);
    List<Turn> turns = number % TOLD_IN == 0 ? texts.turns(random) : told.turns(random);
    Sample sample = new Sample("text-%06d".formatted(number), Optional.empty(), turns);
    return new MixtureFiles.Made(sample, Optional.empty());
  }

  /// Each sample has its own randomness: none depends on another, or on threads.
  private RandomGenerator random(String part, int number) {
    return seeded(settings.seed(), part, number);
  }

  static RandomGenerator seeded(long seed, String part, int number) {
    return new SplittableRandom(
        seed * 0x9E3779B97F4A7C15L + part.hashCode() * 0xBF58476D1CE4E5B9L + number);
  }
}
