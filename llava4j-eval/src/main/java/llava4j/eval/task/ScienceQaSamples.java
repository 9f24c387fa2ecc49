package llava4j.eval.task;

import java.util.ArrayList;
import java.util.List;
import llava4j.data.WhitespaceWords;
import llava4j.eval.metric.ChoiceLetters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// ScienceQA's problems as LLaVA's samples (`convert_sqa_to_llava.py`, spec 7.3).
public final class ScienceQaSamples {
  private static final String QUESTION = "Question: ";
  private static final String ANSWER = "Answer: ";

  /// The parts of a question and of its answer.
  public enum Format {
    /// Context, question, options; the answer.
    CQM_A("CQM-A", true),
    /// Question, context, options; lecture, explanation, the answer.
    QCM_LEA("QCM-LEA", false),
    /// Like QCM-LEA, with a label before each part.
    QCM_LEPA("QCM-LEPA", false);

    private final String word;
    private final boolean contextFirst;

    Format(String word, boolean contextFirst) {
      this.word = word;
      this.contextFirst = contextFirst;
    }

    /// The name in the original.
    public String word() {
      return word;
    }
  }

  private final Format format;

  public ScienceQaSamples(Format format) {
    this.format = format;
  }

  /// Samples of some problems.
  ///
  /// @param ids in order
  public ArrayNode convert(JsonNode problems, List<String> ids) {
    ArrayNode samples = new JsonMapper().createArrayNode();
    for (String id : ids) {
      JsonNode problem = problems.path(id);
      ObjectNode sample = samples.addObject().put("id", id);
      String asked = asked(problem);
      if (problem.path("image").isString()) {
        sample.put("image", id + "/" + problem.path("image").asString());
        asked += "\n<image>";
      }
      ArrayNode turns = sample.putArray("conversations");
      turns.addObject().put("from", "human").put("value", asked);
      turns.addObject().put("from", "gpt").put("value", answered(problem));
    }
    return samples;
  }

  private String asked(JsonNode problem) {
    String hint = WhitespaceWords.strip(problem.path("hint").asString(""));
    String context = "Context: " + (hint.isEmpty() ? "N/A" : hint) + "\n";
    String question = QUESTION + problem.path("question").asString() + "\n";
    List<String> options = new ArrayList<>();
    for (JsonNode choice : problem.path("choices")) {
      options.add("(" + ChoiceLetters.letter(options.size()) + ") " + choice.asString());
    }
    String text =
        (format.contextFirst ? context + question : question + context)
            + "Options: "
            + String.join(" ", options)
            + "\n";
    return withoutLabel(narrow(text), QUESTION);
  }

  private String answered(JsonNode problem) {
    String letter = ChoiceLetters.letter(problem.path("answer").asInt());
    String lecture = problem.path("lecture").asString("").replace("\\n", "\n");
    String solution = problem.path("solution").asString("").replace("\\n", "\n");
    String text =
        switch (format) {
          case CQM_A -> ANSWER + "The answer is " + letter + ".";
          case QCM_LEA -> ANSWER + lecture + " " + solution + " The answer is " + letter + ".";
          case QCM_LEPA ->
              named("LECTURE: ", lecture)
                  + named("SOLUTION: ", solution)
                  + "###\nANSWER: "
                  + letter
                  + ".";
        };
    return withoutLabel(narrow(text), ANSWER);
  }

  private static String named(String label, String text) {
    return WhitespaceWords.strip(text).isEmpty() ? "" : label + text + "\n";
  }

  /// Replaces two blanks by one, in a single pass over the text.
  private static String narrow(String text) {
    return WhitespaceWords.strip(text.replace("  ", " "));
  }

  /// Removes the whole label if the text begins with it.
  private static String withoutLabel(String text, String label) {
    return text.startsWith(label) ? text.replace(label, "") : text;
  }
}
