package llava4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llava4j.ChatRequest;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.data.Sample;
import llava4j.generate.Generation;
import llava4j.generate.GenerationOptions;
import llava4j.golden.Golden;
import llava4j.image.ImageSource;
import llava4j.image.PixelValues;
import llava4j.image.Preprocessor;
import llava4j.image.RgbImage;
import llava4j.image.decode.ImageDecoder;
import llava4j.model.ImageEncoder;
import llava4j.model.ImageRows;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvCache;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import llava4j.text.PromptEncoder;
import llava4j.text.template.ConversationTemplate;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.export.TrainedExport;
import llava4j.train.state.SavedRun;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An exported model, loaded as by a user, gives answers the same probabilities as the model in
/// training.
@Tag("slow")
class TrainedModelTest {
  private static final String[] RUN = {
    "globalBatch=8", "deviceBatch=4", "maxLength=512", "maxSteps=4", "learningRate=2e-3"
  };
  private static final int ANSWER = 24;
  private static final double AGREEMENT = 1e-3; // of losses over an answer

  @TempDir Path out;

  @Test
  void connectorAnswersAsInTraining() throws IOException {
    try (TinyRun run = new TinyRun("tinyPretrain", RUN)) {
      Trainer.Result result = train(run);
      assertThat(result.results()).containsExactly(out.resolve("mm_projector.bin"));
      check(run, out, withBase());
    }
  }

  @Test
  void wholeModelAnswersAsInTrainingFromBothLayouts() throws IOException {
    try (TinyRun run = new TinyRun("tinyFinetune", RUN)) {
      train(run);
      check(run, out.resolve("hf"), LoadOptions.defaults());
      check(run, out.resolve("original"), LoadOptions.defaults());
    }
  }

  @Test
  void adapterAnswersAsInTraining() throws IOException {
    String[] noDropout = Arrays.copyOf(RUN, RUN.length + 1); // the loss is taken in training mode
    noDropout[RUN.length] = "dropout=0";
    try (TinyRun run = new TinyRun("tinyLora", noDropout)) {
      train(run);
      assertThat(out.resolve("adapter_config.json")).isRegularFile();
      assertThat(out.resolve("non_lora_trainables.bin")).isRegularFile();
      check(run, out, withBase());
      adapterFolderIsComplete();
    }
  }

  /// The files that the original's loader needs exist; the base model is found from the folder; the
  /// adapter with transformers' names contains the same values, and only for the language model.
  private void adapterFolderIsComplete() {
    JsonNode config = json(out.resolve("config.json"));
    assertThat(Path.of(config.get("mm_vision_tower").asString())).isAbsolute().isDirectory();
    assertThat(config.get("mm_projector_type").asString()).isEqualTo("mlp2x_gelu");
    assertThat(out.resolve("generation_config.json")).isRegularFile();
    assertThat(out.resolve("tokenizer_config.json")).isRegularFile();
    assertThat(out.resolve("tokenizer.model")).isRegularFile();
    JsonNode adapter = json(out.resolve("adapter_config.json"));
    assertThat(Path.of(adapter.get("base_model_name_or_path").asString())).isRelative();

    Path huggingFace = out.resolve(TrainedExport.HUGGING_FACE_ADAPTER);
    List<String> targets =
        json(huggingFace.resolve("adapter_config.json"))
            .get("target_modules")
            .valueStream()
            .map(JsonNode::asString)
            .toList();
    assertThat(targets)
        .isNotEmpty()
        .allMatch(name -> name.matches("model\\.language_model\\.layers\\.\\d+\\..*_proj"));
    List<Integer> expected = ids(out, withBase());
    assertThat(ids(out, LoadOptions.defaults())).isEqualTo(expected);
    assertThat(ids(huggingFace, LoadOptions.defaults())).isEqualTo(expected);
  }

  private static JsonNode json(Path file) {
    return new JsonMapper().readTree(file.toFile());
  }

  private static List<Integer> ids(Path result, LoadOptions options) {
    ChatRequest request =
        ChatRequest.of(
                List.of(Llava.decode(new ImageSource.OfFile(Golden.path("images/photo_420.jpg")))),
                "What is this?")
            .withOptions(GenerationOptions.greedy().withMaxNewTokens(ANSWER));
    try (Llava llava =
        Llava.load(result.toString(), options.withTemplate(ConversationTemplate.VICUNA_V1))) {
      return Arrays.stream(llava.answer(request).answers().getFirst().ids()).boxed().toList();
    }
  }

  private Trainer.Result train(TinyRun run) {
    Trainer.Result result = new Trainer(run.job(out), new TrainingListener() {}, () -> false).run();
    assertThat(result.finished()).isTrue();
    return result;
  }

  private static LoadOptions withBase() {
    return LoadOptions.defaults()
        .withCheckpoint(CheckpointOptions.none().withBase(Golden.path("original").toString()));
  }

  private void check(TinyRun run, Path result, LoadOptions options) throws IOException {
    Path file = Golden.path("images/photo_420.jpg");
    RgbImage image = ImageDecoder.decode(Files.readAllBytes(file), file.toString()).image();
    ChatRequest request =
        ChatRequest.of(List.of(image), "What colour is the lighthouse?")
            .withOptions(GenerationOptions.greedy().withMaxNewTokens(ANSWER).withTopLogProbs(0));
    try (Llava llava = Llava.load(result.toString(), options)) {
      Generation answer = llava.answer(request).answers().getFirst();
      int[] prompt = new PromptEncoder(llava.tokenizer(), true).encode(llava.prompt(request));
      double reported =
          -answer.logProbs().stream().mapToDouble(one -> (double) one.chosen().value()).sum();
      int rows = llava.model().config().text().vocab();
      assertThat(reported)
          .isCloseTo(loaded(llava, run, rows, prompt, answer.ids(), image), within(AGREEMENT));
      // a Hugging Face folder has rows behind those that training had
      int trainedRows = run.base().config().text().vocab();
      double loaded = loaded(llava, run, trainedRows, prompt, answer.ids(), image);
      double trained = inTraining(run, prompt, answer.ids(), image, true);
      double untrained = inTraining(run, prompt, answer.ids(), image, false);
      System.out.printf(
          "%s: %d tokens, loss %.5f in training, %.5f loaded, %.5f before training%n",
          result.getFileName(), answer.ids().length, trained, loaded, untrained);
      assertThat(loaded).isCloseTo(trained, within(AGREEMENT));
      assertThat(Math.abs(untrained - trained)).isGreaterThan(10 * AGREEMENT);
    }
  }

  /// Sum of the cross-entropies of an answer for a loaded model, over the first `rows` tokens of
  /// its vocabulary.
  private static double loaded(
      Llava llava, TinyRun run, int rows, int[] prompt, int[] answer, RgbImage image) {
    LlavaModel model = llava.model();
    PixelValues pixels =
        new Preprocessor(run.base().imageProcessor(), model.config().imageMode()).process(image);
    double loss = 0;
    try (Scope _ = new Scope();
        KvCache cache = model.languageModel().newCache()) {
      ImageRows seen = new ImageEncoder(model).encode(pixels, image.sha256());
      Tensor next = model.splicer().splice(prompt, List.of(seen)).embeddings(); // [1, rows, dim]
      for (int id : answer) {
        Tensor logits = model.forward(next, cache).narrow(1, 0, rows); // [1, rows]
        loss -= Tensors.toFloats(logits.log_softmax(1))[id];
        next = model.languageModel().embed(new int[] {id}).unsqueeze(0); // [1, 1, dim]
      }
    }
    return loss;
  }

  /// Sum of the cross-entropies of an answer.
  private double inTraining(
      TinyRun run, int[] prompt, int[] answer, RgbImage image, boolean trained) {
    int[] ids = Arrays.copyOf(prompt, prompt.length + answer.length);
    int[] labels = new int[ids.length];
    Arrays.fill(labels, LabelledTokens.IGNORED);
    for (int i = 0; i < answer.length; i++) {
      ids[prompt.length + i] = answer[i];
      labels[prompt.length + i] = answer[i];
    }
    PixelValues pixels =
        new Preprocessor(run.base().imageProcessor(), run.base().config().imageMode())
            .process(image);
    Batch batch =
        new Batch(
            List.of(
                new Batch.Item(
                    0,
                    new Sample("answer", Optional.empty(), List.of()),
                    new LabelledTokens(ids, labels),
                    List.of(new Batch.Image(pixels, image.sha256())))));
    try (Scope _ = new Scope();
        Assembly assembly = run.assemble();
        SavedRun saved = SavedRun.open(out.resolve("checkpoints/step-00000004"))) {
      if (trained) {
        assembly.units().trainable().forEach(saved::restore);
      }
      return assembly.objective().forwardBackward(assembly.objective().plan(batch), 1, 0);
    }
  }
}
