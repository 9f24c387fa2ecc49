package llava4j.cli.serve;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import llava4j.Llava;
import llava4j.cli.option.ModelOptions;
import llava4j.cli.option.Unused;
import llava4j.server.LlavaServer;
import llava4j.server.ServerSettings;
import llava4j.server.http.AccessLog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava serve [MODEL]`
@Command(
    name = "serve",
    description = "Serve a model over HTTP, with the APIs of OpenAI and Ollama.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "The page for people is at the address that is printed; --open opens it.",
      "Clients of OpenAI use http://127.0.0.1:8080/v1 as base URL, those of Ollama http://127.0.0.1:8080.",
      "Prints a line per request to standard error, without what was asked or answered. SIGTERM and",
      "Ctrl-C stop it when the accepted requests are answered. See docs/serving.md."
    })
public final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private ServeFlags flags;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "As --model: a folder, a .gguf file, or a name of a hub.")
  private String named;

  @Option(names = "--open", description = "Open the page in a browser.")
  private boolean open;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    ServerSettings settings = flags.settings();
    if (flags.isOpenToAll(settings)) {
      err.println(
          "llava: everybody who reaches "
              + settings.host()
              + " can use this server; set --api-key-file to ask for a key");
    }
    if (named != null) {
      Unused.refuse(spec, "the model is named already", "--model");
    }
    Llava llava =
        named == null ? model.load(err) : model.load(model.open(named, err), model.loadOptions());
    LlavaServer server;
    try {
      server = LlavaServer.start(llava, settings, new Log(err));
    } catch (RuntimeException | Error e) {
      llava.close();
      throw e;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().name("llava4j-stop").unstarted(() -> stop(server, llava, err)));
    String address =
        "http://"
            + (settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host())
            + ":"
            + server.port();
    out.println("llava: " + settings.modelName().orElse(llava.name()) + " is served at " + address);
    out.flush();
    if (open) {
      Browser.open(address, err);
    }
    new CountDownLatch(1).await(); // until a signal ends the process
    return 0;
  }

  private void stop(LlavaServer server, Llava llava, PrintWriter err) {
    try {
      if (!server.drain(flags.drain())) {
        err.println("llava: some requests were not answered within --drain seconds");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
    llava.close();
  }

  private record Log(PrintWriter err) implements AccessLog {
    @Override
    public void request(String method, String path, int status, Duration time) {
      String shown = path.length() > 100 ? path.substring(0, 100) : path;
      err.println(
          "llava: "
              + method
              + " "
              + shown.replaceAll("[^ -~]", "?")
              + " "
              + status
              + " "
              + time.toMillis()
              + " ms");
    }

    @Override
    public void failure(Optional<String> path, Throwable cause) {
      synchronized (err) {
        err.println("llava: this is a bug in llava; please report it with the lines below.");
        cause.printStackTrace(err);
      }
    }
  }
}
