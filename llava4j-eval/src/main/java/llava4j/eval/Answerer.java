package llava4j.eval;

import java.util.List;
import llava4j.eval.task.Question;

/// Answers questions: a model, or a stub in tests.
@FunctionalInterface
public interface Answerer {

  /// One text for each question, in order.
  List<String> answer(List<Question> questions);
}
