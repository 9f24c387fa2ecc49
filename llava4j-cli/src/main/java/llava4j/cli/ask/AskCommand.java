package llava4j.cli.ask;

import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import llava4j.ChatRequest;
import llava4j.ChatResponse;
import llava4j.Llava;
import llava4j.cli.option.GenerationFlags;
import llava4j.cli.option.ImageOptions;
import llava4j.cli.option.ModelOptions;
import llava4j.cli.option.Unused;
import llava4j.error.BadInputException;
import llava4j.generate.TextListener;
import llava4j.image.RgbImage;
import llava4j.text.ResponseFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `llava ask IMAGE... "question"`, or `llava ask --image FILE --prompt TEXT`
@Command(
    name = "ask",
    description = "Answer one question about any number of images.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava ask -m llava-v1.5-7b cat.jpg \"What is this?\"",
      "  llava ask -m llava-v1.5-7b --image cat.jpg --prompt \"What is this?\"",
      "  llava ask -m llava-v1.5-7b --stream before.png after.png \"What has changed?\"",
      "  llava ask -m model-q4_0.gguf --answer short --format json sign.jpg \"What does it say?\"",
      "  curl -s https://example.org/a.jpg | llava ask -m llava-v1.5-7b - \"Describe it.\""
    })
public final class AskCommand implements Callable<Integer> {
  /// How the answer is printed.
  enum Format {
    TEXT,
    JSON
  }

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private GenerationFlags generation;
  @Mixin private ImageOptions imageOptions;

  @Mixin private QuestionArguments arguments;

  @Option(
      names = "--format",
      defaultValue = "TEXT",
      description = "The output format: text or json. Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Option(names = "-n", paramLabel = "N", defaultValue = "1", description = "Number of answers.")
  private int numAnswers;

  @Option(
      names = "--logprobs",
      paramLabel = "N",
      defaultValue = "" + GenerationFlags.NO_LOG_PROBABILITIES,
      description = "With --format json: the log-probability of each token and of N alternatives.")
  private int logProbs;

  @Option(names = "--stream", description = "Print the answer token by token.")
  private boolean stream;

  @Option(
      names = "--answer",
      defaultValue = "FREE",
      paramLabel = "FORM",
      description =
          "Append one of the paper's response-format prompts to the question: ${COMPLETION-CANDIDATES}."
              + " Default: ${DEFAULT-VALUE}.")
  private ResponseFormat responseFormat;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "The system prompt, in place of the template's.")
  private String system;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (stream && format == Format.JSON) {
      throw new BadInputException(
          "--stream prints text token by token, --format json prints one object at the end; use only one of them");
    }
    if (stream) {
      Unused.refuse(spec, "--stream prints only one answer", "-n");
    }
    if (format == Format.TEXT) {
      Unused.refuse(spec, "log-probabilities are printed only with --format json", "--logprobs");
    }
    QuestionArguments.Question asked = arguments.question();
    if (asked.images().isEmpty()) {
      Unused.refuse(
          spec,
          "no image is given",
          "--allow-url",
          "--ignore-orientation",
          "--max-pixels",
          "--image-mode");
    }
    List<RgbImage> images = imageOptions.decode(asked.images(), err);
    String question = responseFormat.applyTo(asked.text());
    ChatRequest request =
        new ChatRequest(
            ChatRequest.of(images, question).messages(),
            Optional.ofNullable(system),
            generation.toOptions(numAnswers, logProbs));
    long start = System.nanoTime();
    try (Llava llava = model.load(err)) {
      long loaded = System.nanoTime();
      if (images.size() > 1) {
        err.println(
            "llava: LLaVA-1.5 was trained with one image per question; answers about several images are"
                + " often worse");
      }
      ChatResponse response =
          llava.answer(request, stream ? streaming(out) : TextListener.NONE, () -> false);
      print(out, llava, response);
      if (model.verbose()) {
        Statistics.print(err, response, loaded - start);
      }
    }
    return 0;
  }

  private static TextListener streaming(PrintWriter out) {
    return (_, text) -> {
      out.print(text);
      out.flush();
    };
  }

  private void print(PrintWriter out, Llava llava, ChatResponse response) {
    switch (format) {
      case JSON -> out.println(AnswerJson.of(llava, response));
      case TEXT -> {
        if (stream) {
          out.println();
        } else {
          response.answers().forEach(answer -> out.println(answer.text().strip()));
        }
      }
    }
  }
}
