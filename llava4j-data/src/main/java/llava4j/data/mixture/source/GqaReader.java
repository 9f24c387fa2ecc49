package llava4j.data.mixture.source;

import java.util.Optional;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.mixture.rule.Round;
import llava4j.data.mixture.rule.SeededChance;

/// GQA's balanced questions: one object, a question a key.
public final class GqaReader implements SourceReader {
  private final NativeFile questions;
  private final SeededChance draws;

  public GqaReader(NativeFile questions, SeededChance draws) {
    this.questions = questions;
    this.draws = draws;
  }

  @Override
  public void read(Consumer<Sample> samples, ReadCounts counts) {
    QuestionsByImage<String> asked = new QuestionsByImage<>(draws, counts);
    questions.entries((key, row) -> {
      counts.row();
      if (row.has("isBalanced") && !row.node().path("isBalanced").asBoolean(true)) {
        throw questions.wrong("question '" + key + "' is not balanced, so it is the file of all");
      }
      asked.add(row.id("imageId"), new Round(row.line("question"), row.line("answer")));
    });
    asked.forEach((image, turns) ->
        samples.accept(new Sample(image, Optional.of("gqa/images/" + image + ".jpg"), turns)));
  }
}
