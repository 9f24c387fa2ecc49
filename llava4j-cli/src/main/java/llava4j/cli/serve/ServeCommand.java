package llava4j.cli.serve;

import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import llava4j.checkpoint.Checkpoint;
import llava4j.cli.option.ModelOptions;
import llava4j.cli.terminal.Failures;
import llava4j.error.BadInputException;
import llava4j.server.LlavaServer;
import llava4j.server.ServerSettings;
import llava4j.server.engine.ModelSource;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava serve [MODEL] [--model NAME=MODEL ...]`
@Command(
    name = "serve",
    description = "Serve models over HTTP, with the APIs of OpenAI and Ollama.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "The page for people is at the address that is printed; --open opens it.",
      "Clients of OpenAI use http://127.0.0.1:8080/v1 as base URL, those of Ollama http://127.0.0.1:8080.",
      "Any number of --model NAME=MODEL add models, which are loaded when they are asked first and",
      "unloaded when others need their memory. --base, --mmproj, --vision-tower, --merge-lora,",
      "--template and --image-mode belong to the first model.",
      "Prints a line per request to standard error, without what was asked or answered. SIGTERM and",
      "Ctrl-C stop it when the accepted requests are answered, a second Ctrl-C at once. See",
      "docs/serving.md."
    })
public final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private ServeFlags flags;
  @Mixin private PlanFlags plan;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "The first model, as --model: a folder, a .gguf file, or a name of a hub.")
  private String named;

  @Option(names = "--open", description = "Open the page in a browser.")
  private boolean open;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    ServerSettings settings = flags.settings();
    if (plan.isAsked(spec)) {
      return plan(settings);
    }
    if (flags.isOpenToAll(settings)) {
      err.println(
          "llava: everybody who reaches "
              + settings.host()
              + " can use this server; set --api-key-file to ask for a key");
    }
    List<ModelSource> models = ModelArguments.open(arguments(settings), model, err);
    LlavaServer server = LlavaServer.start(models, settings, new ServeLog(err));
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().name("llava4j-stop").unstarted(() -> stop(server, err)));
    String address =
        (settings.tls().isPresent() ? "https://" : "http://")
            + (settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host())
            + ":"
            + server.port();
    String names = models.stream().map(ModelSource::name).collect(Collectors.joining(", "));
    out.println("llava: " + names + (models.size() > 1 ? " are" : " is") + " served at " + address);
    out.flush();
    if (open) {
      Browser.ofDesktop().open(address, err);
    }
    new CountDownLatch(1).await(); // until a signal ends the process
    return 0;
  }

  private int plan(ServerSettings settings) {
    List<ModelArguments> models = arguments(settings);
    if (models.size() > 1) {
      throw new BadInputException("--plan is for one model; name one");
    }
    try (Checkpoint checkpoint =
        models.getFirst().files(model, spec.commandLine().getErr()).get()) {
      return plan.print(
          checkpoint, model, settings.engine().running(), spec.commandLine().getOut());
    }
  }

  /// `MODEL` takes the place of `LLAVA_MODEL`, which stands among the options otherwise.
  private List<ModelArguments> arguments(ServerSettings settings) {
    boolean given = spec.commandLine().getParseResult().hasMatchedOption("--model");
    List<String> options = named == null || given ? model.allNamed() : List.of();
    return ModelArguments.parse(Optional.ofNullable(named), options, settings.modelName());
  }

  private void stop(LlavaServer server, PrintWriter err) {
    Signals.register("INT", () -> Runtime.getRuntime().halt(Failures.INTERRUPTED));
    int unanswered = server.unanswered();
    if (unanswered > 0) {
      err.println(
          "llava: answering "
              + unanswered
              + " accepted request(s) first; Ctrl-C again ends at once");
    }
    try {
      if (!server.drain(flags.drain())) {
        err.println("llava: some requests were not answered within --drain seconds");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
  }
}
