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

/// Reads A-OKVQA: questions with four options. All questions about an image form one conversation,
/// which is written four times with the options rotated by one more position each time (INFERRED
/// from the count: 66160 = 4 x 16540 images).
public final class AokVqaReader implements SourceReader {
  private static final int CHOICES = 4;

  private final NativeFile questions;
  private final SeededChance chance;

  public AokVqaReader(NativeFile questions, SeededChance chance) {
    this.questions = questions;
    this.chance = chance;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    Map<Long, List<MultipleChoice>> asked = new LinkedHashMap<>();
    questions.rows(row -> {
      counts.row();
      if (!row.text("split").equals("train")) {
        throw questions.wrong(
            row.place() + " belongs to split '" + row.text("split") + "', not 'train'");
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
        ImagePlacement placement = ImagePlacement.draw(chance.of(image + "/" + places));
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
              + " choices and the correct_choice_idx "
              + correct
              + "; there must be "
              + CHOICES
              + " choices, and the index counts from 0");
    }
    return new MultipleChoice(row.line("question"), choices, (int) correct);
  }
}
