package llava4j.eval;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import llava4j.eval.judge.WordOverlap;
import llava4j.eval.task.Official;
import llava4j.eval.task.Score;

/// Whether an answer counts as right, and what is right, for a card.
///
/// @param kind one of [#KINDS]
/// @param text what the card says about the answer
/// @param label name of `truth`, such as `right answer`
/// @param truth what is right, or why it is not known here
record CaseMark(String kind, String text, String label, String truth) {
  private static final String RIGHT = "right";
  private static final String WRONG = "wrong";
  private static final String OPEN = "open";
  private static final double HALF = 0.5;

  /// Open means that no rule decides here.
  static final List<String> KINDS = List.of(RIGHT, WRONG, OPEN);

  /// One mark per answer, in order.
  static List<CaseMark> all(EvalResult result) {
    Official official = Official.of(result.task().name());
    List<String> right = result.rightAnswers();
    return IntStream.range(0, result.answers().size())
        .mapToObj(number ->
            of(result, number, official, right.isEmpty() ? official.hidden() : right.get(number)))
        .toList();
  }

  private static CaseMark of(EvalResult result, int number, Official official, String truth) {
    Optional<Score> score = result.score();
    List<Double> points = score.map(Score::points).orElse(List.of());
    if (number >= points.size()) {
      String text = score.isEmpty() ? "not scored here" : "no rating of its own";
      return new CaseMark(OPEN, text, official.truth(), truth);
    }
    double point = points.get(number);
    if (score.orElseThrow().name().equals(WordOverlap.NAME)) {
      return open("no judge; word overlap %.2f", point, official, truth);
    }
    if (result.judge().isPresent()) {
      return open("rated %.2f of 1", point, official, truth);
    }
    String counts = String.format(Locale.ROOT, "counts %.1f", point);
    return new CaseMark(
        point >= HALF ? RIGHT : WRONG,
        point == 1 ? RIGHT : point == 0 ? WRONG : counts,
        official.truth(),
        truth);
  }

  private static CaseMark open(String text, double point, Official official, String truth) {
    return new CaseMark(OPEN, String.format(Locale.ROOT, text, point), official.truth(), truth);
  }

  boolean isRight() {
    return kind.equals(RIGHT);
  }

  boolean isOpen() {
    return kind.equals(OPEN);
  }
}
