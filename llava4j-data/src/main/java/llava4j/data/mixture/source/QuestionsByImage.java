package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import llava4j.data.Turn;
import llava4j.data.mixture.rule.ImagePlacement;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;
import llava4j.data.mixture.rule.ShortAnswers;

/// Collects questions with short answers and creates one conversation per image, in the order in
/// which the images first occur.
final class QuestionsByImage<K> {
  private final Map<K, List<Round>> rounds = new LinkedHashMap<>();
  private final SeededChance chance;
  private final ReadCounts counts;

  QuestionsByImage(SeededChance chance, ReadCounts counts) {
    this.chance = chance;
    this.counts = counts;
  }

  void add(K image, Round round) {
    if (round.hasBlankPart()) {
      counts.add(Incident.BLANK);
    } else {
      rounds.computeIfAbsent(image, _ -> new ArrayList<>(4)).add(round);
    }
  }

  boolean isEmpty() {
    return rounds.isEmpty();
  }

  void forEach(BiConsumer<K, List<Turn>> conversations) {
    rounds.forEach((image, asked) ->
        conversations.accept(image, conversation(chance, image.toString(), asked)));
  }

  /// The conversation about one image.
  ///
  /// @param asked questions and answers, not empty
  static List<Turn> conversation(SeededChance chance, String image, List<Round> asked) {
    ImagePlacement placement = ImagePlacement.draw(chance.of(image));
    return Round.conversation(ShortAnswers.merge(asked), placement);
  }
}
