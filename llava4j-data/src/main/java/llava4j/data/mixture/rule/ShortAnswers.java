package llava4j.data.mixture.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Conversations of visual questions with short answers: VQAv2, GQA, OK-VQA, OCR-VQA.
public final class ShortAnswers {
  private ShortAnswers() {}

  /// Merges all questions about one image into one conversation, in the order of the file. P_short
  /// follows only the first question: confirmed for OCR-VQA, INFERRED for the others.
  public static List<Round> merge(List<Round> asked) {
    List<Round> rounds = new ArrayList<>(asked.size());
    for (Round round : asked) {
      String question =
          rounds.isEmpty() ? round.question() + "\n" + FormatPrompt.SHORT : round.question();
      rounds.add(new Round(question, SentenceCase.capitalised(round.answer())));
    }
    return rounds;
  }

  /// The most frequent of several human answers; among equally frequent ones, the first. UNVERIFIED
  /// for the published mixture.
  ///
  /// @param answers the answers; blank ones are ignored
  /// @return the answer; empty if all are blank
  public static String mostFrequent(List<String> answers) {
    Map<String, Integer> votes = new LinkedHashMap<>();
    for (String answer : answers) {
      if (!answer.isBlank()) {
        votes.merge(answer, 1, Integer::sum);
      }
    }
    String best = "";
    int most = 0;
    for (Map.Entry<String, Integer> vote : votes.entrySet()) {
      if (vote.getValue() > most) {
        best = vote.getKey();
        most = vote.getValue();
      }
    }
    return best;
  }
}
