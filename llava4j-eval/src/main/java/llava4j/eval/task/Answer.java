package llava4j.eval.task;

/// A model's answer to one question.
///
/// @param id of the question
/// @param prompt as the original stores it; some scorers read the question from it
public record Answer(String id, String prompt, String text) {}
