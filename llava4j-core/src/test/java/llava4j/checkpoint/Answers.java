package llava4j.checkpoint;

import java.nio.file.Path;
import java.util.List;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.ImageSource;
import llava4j.tensor.WeightFormat;
import llava4j.text.template.ConversationTemplate;

/// What models answer to the question of the cases: `exact_model_size.png`, "What is this?",
/// vicuna_v1, greedy, six tokens, fp32.
public final class Answers {
  private static final int TOKENS = 6;

  private Answers() {}

  public static List<Integer> ids(Path model, CheckpointOptions options) {
    LoadOptions load =
        LoadOptions.defaults()
            .withCheckpoint(options)
            .withWeights(WeightFormat.FP32)
            .withTemplate(ConversationTemplate.VICUNA_V1);
    ChatRequest request =
        ChatRequest.of(
                List.of(
                    Llava.decode(
                        new ImageSource.OfFile(Golden.committed("images/exact_model_size.png")))),
                "What is this?")
            .withOptions(GenerationOptions.greedy().withMaxNewTokens(TOKENS));
    try (Llava llava = Llava.load(model.toString(), load)) {
      return java.util.Arrays.stream(llava.answer(request).answers().getFirst().ids())
          .boxed()
          .toList();
    }
  }
}
