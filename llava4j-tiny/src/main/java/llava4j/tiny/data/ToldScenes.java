package llava4j.tiny.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.tiny.data.Scene.Kind;

/// Questions about images that are told in words instead of shown. To set a question against what
/// is there, count it, or choose among letters is learned in text alone, at a fraction of a image's
/// cost, by a language model whose words the vision tower will speak.
final class ToldScenes {
  private static final int MOST_EXCHANGES = 4;

  /// What a bare list of names does not tell.
  private static final Set<TinyTask> OF_PLACES =
      EnumSet.of(TinyTask.BACKGROUND, TinyTask.SIDE, TinyTask.WHERE, TinyTask.HEIGHT);

  private final Phrases phrases;
  private final SceneMaker scenes;
  private final Exchanges exchanges;

  ToldScenes(Phrases phrases, SceneMaker scenes, Exchanges exchanges) {
    this.phrases = phrases;
    this.scenes = scenes;
    this.exchanges = exchanges;
  }

  /// A telling, with the first question behind it, and what is asked and answered then.
  List<Turn> turns(RandomGenerator random) {
    Scene scene = scenes.make(kind(random), Split.TRAIN, random);
    boolean detailed = random.nextInt(3) == 0;
    String told = detailed ? exchanges.detail(scene, random) : exchanges.names(scene, random);
    List<Turn> turns = new ArrayList<>();
    for (Exchange exchange : asked(scene, detailed, random)) {
      String before = turns.isEmpty() ? phrases.pick("told", random, "word", told) + "\n" : "";
      turns.add(new Turn(Speaker.HUMAN, before + exchange.asked()));
      turns.add(new Turn(Speaker.GPT, exchange.answer()));
    }
    return turns;
  }

  private static Kind kind(RandomGenerator random) {
    int dice = random.nextInt(20);
    return dice < 7 ? Kind.SINGLE : dice < 16 ? Kind.SEVERAL : dice < 18 ? Kind.COUNT : Kind.SHAPES;
  }

  private List<Exchange> asked(Scene scene, boolean detailed, RandomGenerator random) {
    List<TinyTask> tasks =
        new ArrayList<>(
            TinyTask.about(scene.kind()).stream()
                .filter(TinyTask::isFact)
                .filter(task -> detailed || !OF_PLACES.contains(task))
                .toList());
    tasks.addAll(List.of(TinyTask.PRESENCE, TinyTask.PRESENCE));
    Collections.shuffle(tasks, new Random(random.nextLong()));
    int most = 1 + random.nextInt(MOST_EXCHANGES);
    return exchanges.several(tasks, most, scene, random);
  }
}
