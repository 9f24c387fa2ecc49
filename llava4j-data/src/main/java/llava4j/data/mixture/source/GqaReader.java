package llava4j.data.mixture.source;

import java.util.Optional;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;

/// Reads GQA's balanced questions: one JSON object, with one key per question.
public final class GqaReader implements SourceReader {
  private final NativeFile questions;
  private final SeededChance chance;

  public GqaReader(NativeFile questions, SeededChance chance) {
    this.questions = questions;
    this.chance = chance;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    QuestionsByImage<String> asked = new QuestionsByImage<>(chance, counts);
    questions.entries((key, row) -> {
      counts.row();
      if (row.has("isBalanced") && !row.node().path("isBalanced").asBoolean(true)) {
        throw questions.wrong(
            "question '" + key + "' is not balanced, so this is the file of all questions");
      }
      asked.add(row.id("imageId"), new Round(row.line("question"), row.line("answer")));
    });
    asked.forEach((image, turns) ->
        samples.accept(new Sample(image, Optional.of("gqa/images/" + image + ".jpg"), turns)));
  }
}
