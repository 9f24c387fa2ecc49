package llava4j.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;
import llava4j.eval.ModelAnswerer;
import llava4j.eval.RunSettings;
import llava4j.eval.task.Question;
import llava4j.image.decode.DecodeOptions;
import org.apache.spark.api.java.function.FlatMapFunction;

/// The work of a task of an evaluation: answers some questions, as `llava eval` does.
///
/// @param batch questions that are asked together
record AnswerQuestions(ModelSettings model, int maxNewTokens, int batch)
    implements FlatMapFunction<Iterator<SentQuestion>, AnswerQuestions.Part> {

  /// @param asked how they were asked
  /// @param texts of the answers, by number of the question
  record Part(String executor, RunSettings.Asked asked, List<Text> texts) implements Serializable {}

  record Text(int number, String text) implements Serializable {}

  @Override
  public Iterator<Part> call(Iterator<SentQuestion> sent) {
    List<Question> questions = new ArrayList<>();
    sent.forEachRemaining(question -> questions.add(question.question()));
    try (ExecutorModels.Borrowed borrowed = ExecutorModels.ofThisProcess().borrow(model)) {
      RunSettings.Asked asked = asked(borrowed.model(), maxNewTokens);
      return List.of(
              new Part(ExecutorPlace.name(), asked, texts(questions, borrowed.model(), asked)))
          .iterator();
    }
  }

  static RunSettings.Asked asked(LoadedModel model, int maxNewTokens) {
    return ModelAnswerer.asked(
        model.llava(),
        model.options(),
        model.fingerprint(),
        DecodeOptions.DEFAULT_MAX_PIXELS,
        maxNewTokens);
  }

  private List<Text> texts(List<Question> questions, LoadedModel model, RunSettings.Asked asked) {
    ModelAnswerer answerer = new ModelAnswerer(model.llava(), asked);
    List<Text> texts = new ArrayList<>();
    for (int start = 0; start < questions.size(); start += batch) {
      ExecutorPlace.requireNotStopped();
      List<Question> some = questions.subList(start, Math.min(start + batch, questions.size()));
      List<String> answers = answers(answerer, some);
      for (int i = 0; i < some.size(); i++) {
        texts.add(new Text(some.get(i).number(), answers.get(i)));
      }
    }
    return texts;
  }

  private static List<String> answers(ModelAnswerer answerer, List<Question> some) {
    try {
      return answerer.answer(some);
    } catch (MemoryShortageException e) {
      throw new MemoryShortageException(ExecutorPlace.name() + ": " + e.getMessage(), e);
    } catch (BadInputException e) {
      throw new BadInputException(ExecutorPlace.name() + ": " + e.getMessage(), e);
    }
  }
}
