package llava4j.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.checkpoint.weights.TensorInfo;
import llava4j.checkpoint.weights.WeightSource;
import llava4j.error.BadInputException;
import llava4j.golden.Golden;
import llava4j.model.ImageRows;
import llava4j.model.LlavaModel;
import llava4j.model.SplicedPrompt;
import llava4j.model.cache.KvFormat;
import llava4j.model.load.LoadProgress;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.tensor.WeightFormat;
import llava4j.text.PromptEncoder;
import llava4j.text.tokenizer.Tokenizer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Checkpoints with a number that is none: the answer ends with a sentence that names the place.
class FaultyNumbersTest {
  private static final GenerationOptions OPTIONS = GenerationOptions.greedy().withMaxNewTokens(4);

  @ParameterizedTest
  @CsvSource({
    "language_model.layers.1.mlp.up_proj.weight, NaN, language_model.layers.1",
    "language_model.layers.0.self_attn.o_proj.weight, Infinity, language_model.layers.0",
    "language_model.layers.1.input_layernorm.weight, NaN, language_model.layers.1",
    "language_model.norm.weight, NaN, language_model.norm.weight",
    "lm_head.weight, NaN, head",
    "vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight, NaN, image",
    "projector.2.bias, NaN, image"
  })
  void theTensorIsNamed(String tensor, float value, String place) {
    String message = messageOf(new Changed(open(), tensor, value, false), WeightFormat.FP32);
    assertThat(message).contains("not finite").contains(tensor).contains(place);
  }

  @Test
  void weightsThatAreFiniteButTooLargeNameTheLayer() {
    String tensor = "language_model.layers.1.mlp.down_proj.weight";
    String message = messageOf(new Changed(open(), tensor, 3e38f, true), WeightFormat.FP32);
    assertThat(message).contains("language_model.layers.1").contains("outgrow");
  }

  @Test
  void aHeadOfHalfPrecisionIsLookedAtWhenItIsLoaded() {
    String message =
        messageOf(new Changed(open(), "lm_head.weight", 1e6f, false), WeightFormat.FP16);
    assertThat(message).contains("lm_head.weight").contains("infinity");
  }

  /// Rounded to 8 bits, NaN would become a number.
  @Test
  void whatStandsBeforeAQuantisedMatrixIsLookedAtWhenItIsLoaded() {
    String tensor = "language_model.layers.1.input_layernorm.weight";
    String message = messageOf(new Changed(open(), tensor, Float.NaN, false), WeightFormat.Q8);
    assertThat(message).contains(tensor).contains("NaN");
  }

  /// Beside weights that are not rounded, only the cache is at fault.
  @Test
  void keysThatOutgrowTheCacheNameIt() {
    assertKeysOutgrow(WeightFormat.FP32, KvFormat.FP16);
  }

  @Test
  void keysThatOutgrowTheUsualCacheNameIt() {
    assertKeysOutgrow(WeightFormat.Q8, KvFormat.AUTO);
  }

  private void assertKeysOutgrow(WeightFormat weights, KvFormat format) {
    String keys = "language_model.layers.0.self_attn.k_proj.weight";
    try (Checkpoint checkpoint = checkpoint();
        Tokenizer tokenizer = checkpoint.tokenizer().get();
        LlavaModel model = load(checkpoint, new Changed(open(), keys, 3e6f, true), weights);
        Scope _ = new Scope();
        Generator generator =
            new Generator(
                model,
                tokenizer,
                Set.of(tokenizer.eosId()),
                SchedulerLimits.ofBlocks(1000),
                format,
                Optional.empty())) {
      SplicedPrompt prompt = prompt(model, tokenizer);
      assertThatThrownBy(() -> generator.generate(prompt, OPTIONS, TextListener.NONE, () -> false))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("keys or values outgrow fp16; use --kv-cache fp32");
    }
  }

  @Test
  void aBatchIsWatchedToo() {
    WeightSource source =
        new Changed(open(), "language_model.layers.1.mlp.up_proj.weight", Float.NaN, false);
    try (Checkpoint checkpoint = checkpoint();
        Tokenizer tokenizer = checkpoint.tokenizer().get();
        LlavaModel model = load(checkpoint, source, WeightFormat.FP32);
        Scope _ = new Scope();
        Generator generator = generator(model, tokenizer)) {
      SplicedPrompt prompt = prompt(model, tokenizer);
      assertThatThrownBy(() ->
              generator.generateAll(
                  List.of(
                      new Generator.Request(prompt, OPTIONS),
                      new Generator.Request(prompt, OPTIONS)),
                  (_, _, _) -> {},
                  () -> false))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("language_model.layers.1.mlp.up_proj.weight");
    }
  }

  @Test
  void theRequestOfABatchIsNamed() {
    try (Checkpoint checkpoint = checkpoint();
        Tokenizer tokenizer = checkpoint.tokenizer().get();
        LlavaModel model = load(checkpoint, open(), WeightFormat.FP32);
        Scope _ = new Scope();
        Generator generator = generator(model, tokenizer)) {
      SplicedPrompt sound = prompt(model, tokenizer, 0);
      SplicedPrompt faulty = prompt(model, tokenizer, Float.NaN);
      for (GenerationOptions options :
          List.of(
              OPTIONS, OPTIONS.withNumAnswers(2), OPTIONS.withDecoding(new Decoding.Beam(2, 1)))) {
        assertThatThrownBy(() ->
                generator.generateAll(
                    List.of(
                        new Generator.Request(sound, options),
                        new Generator.Request(sound, options),
                        new Generator.Request(faulty, options)),
                    (_, _, _) -> {},
                    () -> false))
            .isInstanceOf(BadInputException.class)
            .hasMessageStartingWith("request 3 of 3: ")
            .hasMessageContaining("not finite");
      }
    }
  }

  private static String messageOf(WeightSource source, WeightFormat format) {
    try (Checkpoint checkpoint = checkpoint();
        Tokenizer tokenizer = checkpoint.tokenizer().get();
        LlavaModel model = load(checkpoint, source, format);
        Scope _ = new Scope();
        Generator generator = generator(model, tokenizer)) {
      generator.generate(prompt(model, tokenizer), OPTIONS, TextListener.NONE, () -> false);
      throw new AssertionError("an answer was given");
    } catch (BadInputException e) {
      return e.getMessage();
    }
  }

  private static Generator generator(LlavaModel model, Tokenizer tokenizer) {
    return new Generator(
        model, tokenizer, Set.of(tokenizer.eosId()), SchedulerLimits.ofBlocks(1000));
  }

  private static SplicedPrompt prompt(LlavaModel model, Tokenizer tokenizer) {
    return prompt(model, tokenizer, 0);
  }

  private static SplicedPrompt prompt(LlavaModel model, Tokenizer tokenizer, float first) {
    int[] ids = new PromptEncoder(tokenizer, true).encode("USER: <image>\nWhat? ASSISTANT:");
    int size = model.config().vision().imageSize();
    float[] black = new float[3 * size * size];
    black[0] = first;
    Tensor pixels = Tensors.ofFloats(black, 1, 3, size, size);
    Tensor rows = model.encode(pixels).squeeze(0); // [rows, dim]
    return model.splicer().splice(ids, List.of(new ImageRows(rows, "black but for " + first)));
  }

  private static LlavaModel load(Checkpoint checkpoint, WeightSource source, WeightFormat format) {
    return LlavaModel.load(
        checkpoint.config(), source, "changed", new Device.Cpu(), format, LoadProgress.NONE);
  }

  private static Checkpoint checkpoint() {
    return new CheckpointOpener(CheckpointOptions.none()).open(Golden.path("original"));
  }

  private static WeightSource open() {
    return checkpoint().inferenceWeights();
  }

  /// A source with one number, or all numbers, of one tensor changed.
  private record Changed(WeightSource source, String tensor, float value, boolean everywhere)
      implements WeightSource {
    @Override
    public SequencedMap<String, TensorInfo> tensors() {
      return source.tensors();
    }

    @Override
    public Tensor load(String name) {
      if (!name.equals(tensor)) {
        return source.load(name);
      }
      try (Scope scope = new Scope()) {
        Tensor copy = source.load(name).to(DType.F32.scalarType()).clone();
        Tensor place = everywhere ? copy : copy.view(-1).narrow(0, 0, 1);
        place.fill_(new Scalar(value));
        return scope.keep(copy);
      }
    }

    @Override
    public void close() {
      source.close();
    }
  }
}
