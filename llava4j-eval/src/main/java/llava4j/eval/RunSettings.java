package llava4j.eval;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Everything that can change an answer. Stands beside the answers, so that a run only goes on with
/// the same.
///
/// @param task the benchmark's word
/// @param questions SHA-256 of ids, prompts and picture names
/// @param model name
/// @param weights fingerprint
/// @param template of the conversation
/// @param imageMode how pictures become views
/// @param weightFormat how weights are kept
/// @param maxNewTokens of an answer; decoding is greedy
/// @param ocrTokens whether prompts name words read in the picture
public record RunSettings(
    String task,
    String questions,
    String model,
    String weights,
    String template,
    String imageMode,
    String weightFormat,
    int maxNewTokens,
    boolean ocrTokens) {

  /// Name and value, for people.
  public SequencedMap<String, String> lines() {
    SequencedMap<String, String> lines = new LinkedHashMap<>();
    lines.put("benchmark", task);
    lines.put("questions (SHA-256)", questions);
    lines.put("model", model);
    lines.put("weights (fingerprint)", weights);
    lines.put("template", template);
    lines.put("image mode", imageMode);
    lines.put("weights kept as", weightFormat);
    lines.put("decoding", "greedy, at most " + maxNewTokens + " tokens");
    lines.put("OCR tokens in prompts", ocrTokens ? "yes" : "no");
    return lines;
  }

  /// What differs, as `name: here, there`.
  public List<String> differences(RunSettings other) {
    List<String> differences = new ArrayList<>();
    Map<String, String> there = other.lines();
    lines()
        .forEach((name, value) -> {
          if (!value.equals(there.get(name))) {
            differences.add(name + ": " + value + ", not " + there.get(name));
          }
        });
    return differences;
  }
}
