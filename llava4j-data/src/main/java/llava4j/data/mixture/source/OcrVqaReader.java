package llava4j.data.mixture.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.WhitespaceWords;
import llava4j.data.mixture.rule.Incident;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;

/// Reads OCR-VQA: one JSON object, with one key per book cover; split 1 is training. Cover images
/// are saved as `.jpg`, whatever their format.
public final class OcrVqaReader implements SourceReader {
  private static final int TRAINING = 1;

  private final NativeFile books;
  private final SeededChance chance;

  public OcrVqaReader(NativeFile books, SeededChance chance) {
    this.books = books;
    this.chance = chance;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    books.entries((id, row) -> {
      counts.row();
      List<String> questions = row.texts("questions");
      List<String> answers = row.texts("answers");
      if (row.integer("split") != TRAINING) {
        counts.add(Incident.OTHER_SPLIT);
      } else if (questions.size() != answers.size()) {
        counts.add(Incident.UNEVEN_LISTS);
      } else {
        List<Round> asked = rounds(questions, answers, counts);
        if (!asked.isEmpty()) {
          samples.accept(
              new Sample(
                  id,
                  Optional.of("ocr_vqa/images/" + id + ".jpg"),
                  QuestionsByImage.conversation(chance, id, asked)));
        }
      }
    });
  }

  private static List<Round> rounds(
      List<String> questions, List<String> answers, ReadCounts counts) {
    List<Round> rounds = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      Round round =
          new Round(
              WhitespaceWords.oneLine(questions.get(i)), WhitespaceWords.oneLine(answers.get(i)));
      if (round.hasBlankPart()) {
        counts.add(Incident.BLANK);
      } else {
        rounds.add(round);
      }
    }
    return rounds;
  }
}
