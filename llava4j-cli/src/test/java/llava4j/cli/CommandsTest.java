package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llava4j.cli.ask.DraggedImages;
import llava4j.cli.option.BundledModel;
import llava4j.golden.Golden;
import llava4j.quant.BlockKernel;
import llava4j.tensor.NativeRuntime;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The commands as a user types them, on a golden checkpoint.
class CommandsTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final String model = Golden.path("original").toString();
  private final String image = Golden.path("images/photo_420.jpg").toString();

  @BeforeAll
  static void prepare() {
    NativeRuntime.prepare();
  }

  @Test
  void askPrintsTheAnswer() {
    assertThat(run("ask", "-m", model, "--max-tokens", "5", image, "What is it?")).isZero();
    String plain = out.toString();
    assertThat(plain.strip()).isNotEmpty();
    out.getBuffer().setLength(0);
    assertThat(run("ask", "-m", model, "--max-tokens", "5", "--stream", image, "What is it?"))
        .isZero();
    assertThat(out.toString().strip()).isEqualTo(plain.strip());
  }

  @Test
  void whatWouldChangeNothingIsRefused() {
    assertOneSentence(run("ask", "-m", model, "--beams", "0", image, "Hi?"), "--beams is 0");
    assertOneSentence(run("ask", "-m", model, "-n", "3", image, "Hi?"), "-n 3");
    assertOneSentence(run("ask", "-m", model, "--seed", "3", image, "Hi?"), "--seed");
    for (String option : new String[] {"--image-mode=pad", "--allow-url", "--max-pixels=5"}) {
      assertOneSentence(run("ask", "-m", model, option, "Hi?"), option.replaceFirst("=.*", ""));
    }
  }

  @Test
  void everyCommandTellsTheVersionAndUnknownOnesAreCalledSo() {
    assertThat(run("ask", "--version")).isZero();
    assertThat(out.toString()).startsWith("llava ");
    assertOneSentence(run("aks", image, "Hi?"), "unknown command 'aks'");
    assertOneSentence(run("data", "nope"), "unknown command 'nope'");
  }

  @Test
  void withoutAModelTheBundledOneAnswersOrTheOptionIsNamed() throws java.io.IOException {
    String before = System.clearProperty(BundledModel.CHECKOUT);
    try {
      assertThat(run("ask", image, "What is it?")).isEqualTo(2);
      assertThat(err.toString()).contains("no model is named", "--model").hasLineCount(1);
      System.setProperty(BundledModel.CHECKOUT, folder.toString());
      assertThat(run("ask", image, "What is it?")).isEqualTo(2); // a checkout without one
      Files.createDirectories(folder.resolve("models"));
      Files.createSymbolicLink(folder.resolve("models/llava-tiny"), Path.of(model));
      assertThat(run("ask", "--max-tokens", "3", image, "What is it?")).isZero();
      assertThat(err.toString()).contains("llava-tiny", "-m llava-hf/llava-1.5-7b-hf");
    } finally {
      System.clearProperty(BundledModel.CHECKOUT);
      if (before != null) {
        System.setProperty(BundledModel.CHECKOUT, before);
      }
    }
  }

  @Test
  void initMakesAModelOfASampleFilesWords() throws java.io.IOException {
    Path text = folder.resolve("text.json");
    Files.writeString(
        text,
        "[{\"id\": \"1\", \"conversations\": [{\"from\": \"human\", \"value\": \"the cat and the hat\"},"
            + " {\"from\": \"gpt\", \"value\": \"that is the cat of the hat\"}]}]");
    String fresh = folder.resolve("fresh").toString();
    assertThat(run("init", "--text", text.toString(), "--out", fresh, "--vocab", "400")).isZero();
    assertThat(run("ask", "-m", fresh, "--max-tokens", "3", image, "Hi?")).isZero();
    assertThat(run("init", "--text", text.toString(), "--out", fresh, "--vocab", "400"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("not empty");
    assertThat(run("init", "--text", text.toString(), "--out", fresh + "2", "--vocab", "90000"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("more texts");
  }

  @Test
  void threadsAreTakenFromTheOptionShownAndRefusedWhenTheyMakeNoSense() {
    int before = NativeRuntime.numThreads();
    try {
      assertThat(run("info", "-m", model, "--threads", "3")).isZero();
      assertThat(out.toString()).contains("3 threads (--threads)", "processor");
      assertThat(NativeRuntime.numThreads()).isEqualTo(3);
      String[] ask = {"ask", "-m", model, "--threads=1", "-v", "--max-tokens", "2", image, "Hi?"};
      assertThat(run(ask)).isZero();
      assertThat(err.toString()).contains("1 thread (--threads)");
      assertThat(NativeRuntime.numThreads()).isEqualTo(1);
      for (String command : new String[] {"info", "convert", "init", "train"}) {
        assertThat(Main.commandLine(new PrintWriter(out), new PrintWriter(err)))
            .satisfies(line ->
                assertThat(
                        line.getSubcommands().get(command).getCommandSpec().findOption("--threads"))
                    .isNotNull());
      }
      assertThat(run("info", "-m", model, "--threads", "0")).isEqualTo(2);
      assertThat(err.toString()).contains("--threads must be between 1 and 1024, not 0");
    } finally {
      NativeRuntime.useThreads(java.util.OptionalInt.of(before));
    }
  }

  @Test
  void aRefusalIsShortAndVerboseListsAll() throws java.io.IOException {
    Path broken = Files.createDirectory(folder.resolve("broken"));
    for (String name :
        new String[] {
          "config.json",
          "pytorch_model.bin.index.json",
          "pytorch_model-00001-of-00002.bin",
          "pytorch_model-00002-of-00002.bin",
          "tokenizer.model"
        }) {
      Files.copy(Path.of(model, name), broken.resolve(name));
    }
    Path config = broken.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("\"num_hidden_layers\": *\\d+", "\"num_hidden_layers\": 8"));
    String[] ask = {"ask", "-m", broken.toString(), "--vision-tower", model + "/clip", image, "Hi"};
    assertThat(run(ask)).isEqualTo(2);
    assertThat(err.toString()).contains("more (--verbose lists them)").hasLineCount(1);
    err.getBuffer().setLength(0);
    assertThat(
            run(
                "ask",
                "--verbose",
                "-m",
                broken.toString(),
                "--vision-tower",
                model + "/clip",
                image,
                "Hi"))
        .isEqualTo(2);
    assertThat(err.toString().lines().count()).isGreaterThan(20);
    assertThat(err.toString()).contains("missing language_model.layers.7.");
  }

  @Test
  void aForgottenQuestionIsNotTheImagesName() {
    assertThat(run("ask", "-m", model, image)).isEqualTo(2);
    assertThat(err.toString()).contains("the question is missing").hasLineCount(1);
  }

  @Test
  void askPrintsJson() {
    assertThat(
            run(
                "ask",
                "-m",
                model,
                "--max-tokens",
                "4",
                "--format",
                "json",
                "--logprobs",
                "2",
                image,
                "Hi?"))
        .isZero();
    assertThat(out.toString())
        .contains(
            "\"answer\"", "\"finish_reason\" : \"max_tokens\"", "\"logprobs\"", "\"image_tokens\"");
  }

  @Test
  void verboseTellsTimesAndMemory() {
    assertThat(run("ask", "-v", "-m", model, "--max-tokens", "3", image, "Hi?")).isZero();
    assertThat(err.toString()).contains("first token", "tokens/s", "peak memory");
  }

  @Test
  void anAnimationIsSaidToBeOne() {
    String animated = Golden.path("images/anim.gif").toString();
    assertThat(run("ask", "-m", model, "--max-tokens", "2", animated, "Hi?")).isZero();
    assertThat(err.toString()).contains("is animated; its first frame is used");
  }

  @Test
  void badInputIsOneSentenceAndExitCode2() throws Exception {
    Path text = Files.writeString(folder.resolve("note.jpg"), "no image");
    assertOneSentence(
        run("ask", "-m", model, folder.resolve("none.png").toString(), "Hi?"), "none.png");
    assertOneSentence(run("ask", "-m", model, text.toString(), "Hi?"), "note.jpg");
    assertOneSentence(
        run("ask", "-m", folder.resolve("nothing").toString(), image, "Hi?"), "nothing");
    assertOneSentence(run("ask", "-m", folder.toString(), image, "Hi?"), folder.toString());
    assertOneSentence(run("ask", "-m", model, "--device", "tpu", image, "Hi?"), "tpu");
    assertOneSentence(run("ask", "-m", model, "--temperature", "-1", image, "Hi?"), "temperature");
    assertOneSentence(run("ask", "-m", model, "http://127.0.0.1/a.png", "Hi?"), "127.0.0.1");
    assertOneSentence(run("info", "-m", model, "--weights", "int3"), "int3");
    assertOneSentence(run("info", "-m", model, "--prefill-mode", "int3"), "int3");
    assertOneSentence(run("info", "-m", model, "--kv-cache", "q4_0"), "q4_0");
    assertOneSentence(
        run("ask", "-m", model, "--weights", "fp32", "--prefill-mode", "exact", image, "Hi?"),
        "prefill in exact is for quantised weights");
    assertOneSentence(
        run("ask", "-m", model, "--weights", "fp32", "--prefill-mode", "bf16", image, "Hi?"),
        "bf16 also for 16-bit weights");
    assertOneSentence(
        run("ask", "-m", model, "--weights", "bf16", "--prefill-mode", "int8", image, "Hi?"),
        "use bf16 or auto");
    assertOneSentence(
        run("convert", "-m", model, "--to", "onnx", folder.resolve("x").toString()), "onnx");
    assertOneSentence(run("pull", "no-such-form"), "no-such-form");
  }

  @Test
  void infoTellsArchitectureAndMemory() {
    assertThat(run("info", "-m", model)).isZero();
    assertThat(out.toString())
        .contains("original LLaVA", "mlp2x_gelu", "memory", "kernels", "vector");
  }

  /// Tokens that are decoded do not depend on it; here the answer has only these and one prompt.
  @Test
  void promptsOfQuantisedWeightsAreMultipliedAsAsked() {
    assertThat(run("info", "-m", model, "--prefill-mode", "exact")).isZero();
    assertThat(out.toString())
        .contains(
            "quantised rows: " + BlockKernel.usual().describe(),
            "prompts with 4 bits: exact, with 8 bits: exact");
    out.getBuffer().setLength(0);
    String[] ask = {"ask", "-m", model, "--weights=q8", "--max-tokens=4", image, "Hi?"};
    List<String> exact = new ArrayList<>(List.of(ask));
    exact.add(1, "--prefill-mode=exact");
    assertThat(run(exact.toArray(String[]::new))).isZero();
    assertThat(out.toString()).isNotBlank();
  }

  @Test
  void keysAndValuesTakeWhatIsAsked() {
    List<String> sizes = new ArrayList<>();
    for (String format : List.of("fp32", "fp16", "q8")) {
      assertThat(run("info", "-m", model, "--kv-cache", format)).isZero();
      sizes.add(out.toString().replaceAll("(?s).* \\+ (\\S+ \\S+) of cache for a full.*", "$1"));
      out.getBuffer().setLength(0);
    }
    assertThat(sizes).doesNotHaveDuplicates();
    String[] ask = {"ask", "-m", model, "--kv-cache=q8", "--max-tokens=4", image, "Hi?"};
    assertThat(run(ask)).isZero();
    assertThat(out.toString()).isNotBlank();
  }

  /// Rows of 48 are one block of 32 and a half.
  @Test
  void whatCannotBeQuantisedIsSaid() {
    Path narrow = NarrowModel.write(folder.resolve("narrow"));
    assertThat(run("info", "-m", narrow.toString(), "--weights", "q8")).isZero();
    assertThat(out.toString())
        .contains(
            "not quantised   3 of 21 matrices stay F16 and are not q8",
            "language_model.layers.0.mlp.down_proj.weight has rows of 48");
    String[] ask = {"ask", "-m", narrow.toString(), "--weights=q4", "--max-tokens=2", image, "Hi?"};
    assertThat(run(ask)).isZero();
    assertThat(err.toString()).doesNotContain("matrices");
    List<String> verbose = new ArrayList<>(List.of(ask));
    verbose.add("-v");
    assertThat(run(verbose.toArray(String[]::new))).isZero();
    assertThat(err.toString()).containsOnlyOnce("3 of 21 matrices stay F16 and are not q4");
    out.getBuffer().setLength(0);
    assertThat(run("info", "-m", model, "--weights", "q8")).isZero();
    assertThat(out.toString()).doesNotContain("not quantised");
  }

  @Test
  void infoTellsOfAnAdapterAlsoWhereItsBaseIsMissing() throws Exception {
    String adapter = Golden.path("lora").toString();
    assertThat(run("info", "-m", adapter, "--base", model)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("adapter", "LoRA of rank ", "alpha ", "q_proj", "base", "language model");
    out.getBuffer().setLength(0);
    Path lonely = Files.createDirectory(folder.resolve("lonely"));
    Files.writeString(
        lonely.resolve("adapter_config.json"),
        "{\"r\": 4, \"lora_alpha\": 8, \"base_model_name_or_path\": \"/gone/llava\","
            + " \"target_modules\": [\"model.layers.0.self_attn.v_proj\","
            + " \"model.layers.1.self_attn.v_proj\", \"k_proj\"]}");
    assertOneSentence(run("info", "-m", lonely.toString()), "--base DIR");
    assertThat(out.toString())
        .contains("LoRA of rank 4, alpha 8, on k_proj, v_proj")
        .containsPattern("base +/gone/llava");
  }

  @Test
  void convertWritesAModelThatAnswersTheSame() {
    run("ask", "-m", model, "--max-tokens", "6", image, "What is it?");
    String expected = out.toString();
    for (String target : new String[] {"hf", "gguf-f16"}) {
      String written = folder.resolve(target).toString();
      assertThat(run("convert", "-m", model, "--to", target, written)).as(err.toString()).isZero();
      out.getBuffer().setLength(0);
      assertThat(run("ask", "-m", written, "--max-tokens", "6", image, "What is it?"))
          .as(err.toString())
          .isZero();
      assertThat(out.toString()).isEqualTo(expected);
    }
  }

  @Test
  void imagesDraggedIntoALineAreFound() throws Exception {
    Path blank = Files.copy(Path.of(image), folder.resolve("with blank.jpg"));
    Path plain = Files.copy(Path.of(image), folder.resolve("plain.jpg"));
    String line = "'" + blank + "' and " + plain + " what differs?";
    DraggedImages found = DraggedImages.find(line);
    assertThat(found.files()).containsExactly(blank, plain);
    assertThat(found.text()).isEqualTo("and what differs?");
    assertThat(DraggedImages.find(blank.toString().replace(" ", "\\ ")).files())
        .containsExactly(blank);
    assertThat(
            DraggedImages.find(
                    plain
                        .toUri()
                        .toString()
                        .replace("file:/", "file:///")
                        .replace("file://////", "file:///"))
                .files())
        .containsExactly(plain);
    assertThat(DraggedImages.find("what is missing.jpg?").files()).isEmpty();
  }

  @Test
  void helpShowsExamples() {
    for (String command : new String[] {"ask", "chat", "info", "convert", "quantize", "pull"}) {
      out.getBuffer().setLength(0);
      assertThat(run(command, "--help")).isZero();
      assertThat(out.toString()).contains("xample", "llava " + command);
    }
  }

  private void assertOneSentence(int exitCode, String named) {
    assertThat(exitCode).isEqualTo(2);
    assertThat(err.toString().strip())
        .startsWith("llava: ")
        .contains(named)
        .doesNotContain("\tat ")
        .hasLineCount(1);
    err.getBuffer().setLength(0);
  }

  private int run(String... arguments) {
    CommandLine commandLine =
        Main.commandLine(new PrintWriter(out, true), new PrintWriter(err, true));
    return Main.execute(commandLine, arguments);
  }
}
