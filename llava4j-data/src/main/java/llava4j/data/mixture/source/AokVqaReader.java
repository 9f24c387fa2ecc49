package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.WhitespaceWords;
import llava4j.data.mixture.rule.ImagePlacement;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.MultipleChoice;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;

/// A-OKVQA: questions with four options. All questions about an image become one conversation,
/// which comes four times, its options one place further each time (INFERRED from the count: 66160
/// = 4 x 16540 images).
public final class AokVqaReader implements SourceReader {
  private static final int CHOICES = 4;

  private final NativeFile questions;
  private final SeededChance draws;

  public AokVqaReader(NativeFile questions, SeededChance draws) {
    this.questions = questions;
    this.draws = draws;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<Long, List<MultipleChoice>> asked = new LinkedHashMap<>();
    questions.rows(row -> {
      counts.row();
      if (!row.text("split").equals("train")) {
        throw questions.wrong(
            row.place() + " is of split '" + row.text("split") + "', not 'train'");
      }
      MultipleChoice question = question(row);
      if (question.question().isEmpty() || question.choices().contains("")) {
        counts.add(Incident.BLANK);
      } else {
        asked.computeIfAbsent(row.integer("image_id"), _ -> new ArrayList<>()).add(question);
      }
    });
    asked.forEach((image, list) -> {
      for (int places = 0; places < CHOICES; places++) {
        int rotation = places;
        List<Round> rounds =
            list.stream().map(question -> question.rotated(rotation).round()).toList();
        ImagePlacement placement = ImagePlacement.draw(draws.of(image + "/" + places));
        samples.accept(CocoImage.sample(image, Round.conversation(rounds, placement)));
      }
    });
  }

  private MultipleChoice question(NativeRow row) {
    List<String> choices = row.texts("choices").stream().map(WhitespaceWords::oneLine).toList();
    long correct = row.integer("correct_choice_idx");
    if (choices.size() != CHOICES || correct < 0 || correct >= CHOICES) {
      throw questions.wrong(
          row.place()
              + " has "
              + choices.size()
              + " choices and says that number "
              + correct
              + " is right, where there are "
              + CHOICES
              + " from 0");
    }
    return new MultipleChoice(row.line("question"), choices, (int) correct);
  }
}
