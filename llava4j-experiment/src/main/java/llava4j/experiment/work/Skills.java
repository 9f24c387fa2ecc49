package llava4j.experiment.work;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import llava4j.data.Sample;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.data.mixture.rule.PaddedBox;
import llava4j.experiment.design.Skill;
import llava4j.tiny.data.ForeignQuestions;

/// Tells what an exchange teaches: by the question's language, by the image's folder as in the
/// published mixture, and by the form of the question.
final class Skills {
  private static final Pattern READ =
      Pattern.compile(
          "\\b(words?|written|writing|wrote|read|text|digits?|numeral|handwrit\\w*|letters|printed"
              + "|number (is|do|can|was|did)|number)\\b");
  private static final Pattern COUNTED = Pattern.compile("\\b(how many|number of|count)\\b");
  private static final Pattern TRANSLATED =
      Pattern.compile("^(Translate .* into |What is the \\w+ word for )");

  private final Set<String> foreign = ForeignQuestions.all();

  /// The skill of one exchange.
  ///
  /// @param question as in the file
  Skill of(Sample sample, String question) {
    String text = plain(question);
    boolean otherLanguage = foreign.contains(text) || TRANSLATED.matcher(text).find();
    if (sample.image().isEmpty()) {
      return otherLanguage ? Skill.TRANSLATION : Skill.TEXT;
    }
    if (otherLanguage) {
      return Skill.FOREIGN;
    }
    String image = sample.image().get();
    if (image.startsWith("gqa/") || image.startsWith("lessons/")) {
      return Skill.SINGLE;
    }
    if (image.startsWith("ocr_vqa/") || image.startsWith("textvqa/")) {
      return Skill.READING;
    }
    return byForm(text);
  }

  private static Skill byForm(String text) {
    if (text.endsWith(FormatPrompt.LETTER)) {
      return Skill.CHOICE;
    }
    if (text.contains(FormatPrompt.BOX.strip())
        || text.contains(FormatPrompt.REGION.strip())
        || PaddedBox.find(text).isPresent()) {
      return Skill.REGION;
    }
    boolean brief = text.endsWith(FormatPrompt.SHORT);
    String asked = text.replace(FormatPrompt.SHORT, "").toLowerCase(java.util.Locale.ROOT);
    if (brief && READ.matcher(asked).find() && !COUNTED.matcher(asked).find()) {
      return Skill.READING;
    }
    return brief ? Skill.SHORT : Skill.CONVERSATION;
  }

  /// The skill of most exchanges of a sample; of equals the first in the order of the enum.
  Skill mainly(Sample sample) {
    Map<Skill, Integer> counts = new EnumMap<>(Skill.class);
    for (int i = 0; i + 1 < sample.turns().size(); i += 2) {
      counts.merge(of(sample, sample.turns().get(i).text()), 1, Integer::sum);
    }
    Skill most = Skill.TEXT;
    int best = 0;
    for (Map.Entry<Skill, Integer> entry : counts.entrySet()) {
      if (entry.getValue() > best) {
        best = entry.getValue();
        most = entry.getKey();
      }
    }
    return most;
  }

  /// A question without the image's placeholder.
  static String plain(String question) {
    return question.replace("<image>", "").strip();
  }
}
