package llava4j.data.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import llava4j.data.Sample;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;

/// Checks the turns of a sample: the order of speakers, empty texts, and the position of the image
/// placeholder.
final class ConversationCheck {
  private static final String IMAGE = "<image>";

  private final int number;
  private final Sample sample;
  private final List<Finding> findings = new ArrayList<>();

  private ConversationCheck(int number, Sample sample) {
    this.number = number;
    this.sample = sample;
  }

  /// @param number index of the sample in its file
  static List<Finding> of(int number, Sample sample) {
    ConversationCheck check = new ConversationCheck(number, sample);
    check.order();
    check.texts();
    check.placeholders();
    return check.findings;
  }

  private void order() {
    List<Turn> turns = sample.turns();
    int first = 0;
    if (turns.getFirst().speaker() == Speaker.GPT) {
      add(Problem.BEGINS_WITH_ANSWER, "");
      first = 1;
    }
    if (first == turns.size()) {
      add(Problem.TURN_ORDER, "there is no question");
      return;
    }
    boolean unknown = false;
    boolean disordered = false;
    for (int i = first; i < turns.size(); i++) {
      Speaker speaker = turns.get(i).speaker();
      Speaker expected = (i - first) % 2 == 0 ? Speaker.HUMAN : Speaker.GPT;
      if (speaker == Speaker.OTHER && !unknown) {
        unknown = true;
        add(Problem.UNKNOWN_SPEAKER, "turn " + (i + 1));
      } else if (speaker != Speaker.OTHER && speaker != expected && !unknown && !disordered) {
        disordered = true;
        add(
            Problem.TURN_ORDER,
            "turn " + (i + 1) + " is from " + speaker.name().toLowerCase(Locale.ROOT));
      }
    }
    if (turns.getLast().speaker() == Speaker.HUMAN) {
      add(Problem.ENDS_WITH_QUESTION, "");
    }
  }

  private void texts() {
    for (int i = 0; i < sample.turns().size(); i++) {
      if (sample.turns().get(i).text().isBlank()) {
        add(Problem.EMPTY_TEXT, "turn " + (i + 1));
        return;
      }
    }
  }

  private void placeholders() {
    List<Turn> turns = sample.turns();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      if (turns.get(i).text().contains(IMAGE)) {
        places.add(i);
      }
    }
    if (sample.image().isEmpty()) {
      if (!places.isEmpty()) {
        add(Problem.PLACEHOLDER_WITHOUT_IMAGE, "turn " + (places.getFirst() + 1));
      }
      return;
    }
    if (places.isEmpty()) {
      add(Problem.PLACEHOLDER_MISSING, sample.image().get());
      return;
    }
    if (places.size() > 1) {
      add(Problem.PLACEHOLDER_IN_SEVERAL_TURNS, "in " + places.size() + " turns");
    }
    int first = places.getFirst();
    int firstQuestion = turns.getFirst().speaker() == Speaker.GPT ? 1 : 0;
    places.stream()
        .filter(place -> turns.get(place).speaker() == Speaker.GPT)
        .findFirst()
        .ifPresent(place -> add(Problem.PLACEHOLDER_IN_ANSWER, "turn " + (place + 1)));
    if (turns.get(first).speaker() == Speaker.HUMAN && first > firstQuestion) {
      add(Problem.PLACEHOLDER_LATER, "turn " + (first + 1));
    }
    if (places.stream().anyMatch(place -> isRepeated(turns.get(place).text()))) {
      add(Problem.PLACEHOLDER_REPEATED, "");
    }
  }

  private static boolean isRepeated(String text) {
    return text.indexOf(IMAGE) != text.lastIndexOf(IMAGE);
  }

  private void add(Problem problem, String detail) {
    findings.add(new Finding(number, sample.id(), problem, detail));
  }
}
