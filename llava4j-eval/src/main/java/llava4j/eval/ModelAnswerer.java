package llava4j.eval;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.ChatMessage;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.config.LlavaConfig;
import llava4j.eval.task.Question;
import llava4j.eval.task.QuestionImage;
import llava4j.generate.GenerationOptions;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import llava4j.model.cache.KvFormat;
import llava4j.model.linear.PrefillMode;

/// Asks a model, in batches and with greedy decoding. Neighbouring questions about the same image
/// share its image embeddings. Images are decoded as in the published evaluation code: 16-bit grey
/// is saturated, and the run's settings decide about the EXIF orientation.
public final class ModelAnswerer implements Answerer {
  private final Llava llava;
  private final GenerationOptions options;
  private final DecodeOptions decoding;

  public ModelAnswerer(Llava llava, RunSettings.Asked asked) {
    this.llava = llava;
    this.options = GenerationOptions.greedy().withMaxNewTokens(asked.maxNewTokens());
    this.decoding = decoding(asked);
  }

  /// How a loaded model is asked, as it stands beside its answers.
  ///
  /// @param options with which it was loaded
  /// @param weights their fingerprint
  public static RunSettings.Asked asked(
      Llava llava, LoadOptions options, String weights, long maxPixels, int maxNewTokens) {
    LlavaConfig config = llava.model().config();
    return new RunSettings.Asked(
        llava.name(),
        weights,
        llava.template().key(),
        config.imageMode().toString().replace("[]", "") + ", " + config.patchMerge().key(),
        RunSettings.Orientation.IGNORED,
        maxPixels,
        options.device().toString().replaceFirst(":\\d+$", "")
            + ", activations "
            + options.device().computeType()
            + ", weights "
            + options.weights()
            + (options.prefill() == PrefillMode.AUTO ? "" : ", prefill " + options.prefill())
            + (options.kvCache() == KvFormat.AUTO ? "" : ", kv cache " + options.kvCache()),
        maxNewTokens);
  }

  @Override
  public List<String> answer(List<Question> questions) {
    Map<QuestionImage, RgbImage> decoded = new HashMap<>();
    List<ChatRequest> requests = new ArrayList<>();
    for (Question question : questions) {
      List<RgbImage> images =
          question.images().stream()
              .map(image -> decoded.computeIfAbsent(image, this::decode))
              .toList();
      requests.add(
          new ChatRequest(
              List.of(new ChatMessage.User(question.text(), images)), Optional.empty(), options));
    }
    return llava.answerAll(requests, options).stream()
        .map(generation -> generation.text().strip())
        .toList();
  }

  private RgbImage decode(QuestionImage image) {
    return ImageDecoder.decode(image.read(), image.name(), decoding).image();
  }

  private static DecodeOptions decoding(RunSettings.Asked asked) {
    DecodeOptions reference = DecodeOptions.reference().withMaxPixels(asked.maxPixels());
    return switch (asked.orientation()) {
      case IGNORED -> reference;
      case HONOURED -> reference.withHonourOrientation(true);
    };
  }
}
