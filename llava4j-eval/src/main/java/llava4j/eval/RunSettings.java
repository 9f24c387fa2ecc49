package llava4j.eval;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;
import llava4j.eval.task.Task;
import llava4j.image.decode.DecodeOptions;
import llava4j.io.Sha256;

/// Everything that can change an answer. It is stored next to the answers, so that a run is resumed
/// only with the same settings.
///
/// @param task the benchmark's name on the command line
/// @param questions SHA-256 of ids, prompts and image names
/// @param suffix the lines at the end of all prompts: the paper's response-format prompt
/// @param images whether questions have their images
/// @param ocrTokens whether prompts contain words that were recognised in the image
/// @param asked how the model is asked
public record RunSettings(
    String task, String questions, String suffix, boolean images, boolean ocrTokens, Asked asked) {
  private static final String OCR = "Reference OCR token:";
  private static final int SHORT_HASH = 12;

  /// How a model is asked, whatever the benchmark.
  ///
  /// @param model name
  /// @param weights fingerprint
  /// @param template of the conversation
  /// @param imageMode how images are preprocessed
  /// @param orientation whether images are rotated as their EXIF data says; missing in the files of
  ///   versions that always rotated them
  /// @param maxPixels largest image that is decoded; missing in the files of versions without this
  ///   option
  /// @param types of weights and activations, and where they are computed
  /// @param maxNewTokens of an answer; decoding is greedy
  public record Asked(
      String model,
      String weights,
      String template,
      String imageMode,
      Orientation orientation,
      Long maxPixels,
      String types,
      int maxNewTokens)
      implements Serializable {
    public Asked {
      orientation = orientation == null ? Orientation.HONOURED : orientation;
      maxPixels = maxPixels == null ? Long.valueOf(DecodeOptions.DEFAULT_MAX_PIXELS) : maxPixels;
    }
  }

  /// What is done with an image's EXIF orientation.
  public enum Orientation {
    /// As the published evaluation code does.
    IGNORED,
    /// As viewers do.
    HONOURED;

    private String words() {
      return switch (this) {
        case IGNORED -> "ignored";
        case HONOURED -> "applied to images";
      };
    }
  }

  /// The settings of a benchmark and a model.
  public static RunSettings of(Task task, Asked asked) {
    return new RunSettings(
        task.name().word(),
        fingerprint(task.questions()),
        suffix(task.questions()),
        task.questions().stream().anyMatch(question -> !question.images().isEmpty()),
        task.questions().stream().anyMatch(question -> question.text().contains(OCR)),
        asked);
  }

  /// SHA-256 of the questions.
  public static String fingerprint(List<Question> questions) {
    StringBuilder text = new StringBuilder();
    for (Question question : questions) {
      String image = question.image().map(QuestionImage::name).orElse("");
      text.append(question.id()).append('\n').append(question.text()).append('\n');
      text.append(image, image.lastIndexOf('/') + 1, image.length()).append('\n');
    }
    return Sha256.of(text.toString());
  }

  /// The lines at the end of all questions, without the first line.
  private static String suffix(List<Question> questions) {
    List<String> common = null;
    for (Question question : questions) {
      List<String> lines = question.text().lines().toList();
      List<String> tail = lines.subList(Math.min(1, lines.size()), lines.size());
      int same = 0;
      while (common != null
          && same < Math.min(common.size(), tail.size())
          && common.get(common.size() - 1 - same).equals(tail.get(tail.size() - 1 - same))) {
        same++;
      }
      common = common == null ? tail : common.subList(common.size() - same, common.size());
    }
    return common == null ? "" : String.join("\n", common);
  }

  /// Name and value, for people.
  public SequencedMap<String, String> lines() {
    SequencedMap<String, String> lines = new LinkedHashMap<>();
    lines.put("benchmark", task);
    lines.put("questions (SHA-256)", questions);
    lines.put(
        "suffix (SHA-256)",
        suffix.isEmpty()
            ? "none"
            : suffix.replace('\n', ' ') + " (" + Sha256.of(suffix).substring(0, SHORT_HASH) + ")");
    lines.put("images", images ? "shown" : "left out");
    lines.put("pixels", "images of at most " + asked.maxPixels() + " pixels");
    lines.put("OCR tokens in prompts", ocrTokens ? "yes" : "no");
    lines.put("model", asked.model());
    lines.put("weights (fingerprint)", asked.weights());
    lines.put("template", asked.template());
    lines.put("image mode", asked.imageMode());
    lines.put("EXIF orientation", asked.orientation().words());
    lines.put("types", asked.types());
    lines.put("decoding", "greedy, at most " + asked.maxNewTokens() + " tokens");
    return lines;
  }

  /// The differences, as `name: here, not there`.
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
