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

/// Collects questions with short answers, and gives one conversation for each image in the order in
/// which images were first asked about.
final class QuestionsByImage<K> {
  private final Map<K, List<Round>> rounds = new LinkedHashMap<>();
  private final SeededChance draws;
  private final ReadCounts counts;

  QuestionsByImage(SeededChance draws, ReadCounts counts) {
    this.draws = draws;
    this.counts = counts;
  }

  void add(K image, Round round) {
    if (round.lacksWords()) {
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
        conversations.accept(image, conversation(draws, image.toString(), asked)));
  }

  /// @param asked not empty
  static List<Turn> conversation(SeededChance draws, String image, List<Round> asked) {
    ImagePlacement placement = ImagePlacement.draw(draws.of(image));
    return Round.conversation(ShortAnswers.merge(asked), placement);
  }
}
