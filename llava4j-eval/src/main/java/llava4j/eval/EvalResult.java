package llava4j.eval;

import java.util.List;
import java.util.Optional;
import llava4j.eval.task.Answer;
import llava4j.eval.task.Score;
import llava4j.eval.task.Task;

/// A benchmark that a model has gone through.
///
/// @param answers one for each question, in order
/// @param score empty where a server or a judge scores
public record EvalResult(
    Task task, RunSettings settings, List<Answer> answers, Optional<Score> score) {}
