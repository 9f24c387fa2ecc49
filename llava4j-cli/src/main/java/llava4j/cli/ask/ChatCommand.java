package llava4j.cli.ask;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import llava4j.Llava;
import llava4j.cli.option.GenerationFlags;
import llava4j.cli.option.ImageOptions;
import llava4j.cli.option.ModelOptions;
import llava4j.error.BadInputException;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava chat [IMAGE]`
@Command(
    name = "chat",
    description =
        "Chat about images. Type a question; drag an image into the terminal, or use /image.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nIn the chat:%n",
    footer = {
      "  /image FILE    add an image to the next question",
      "  /system TEXT   replace the system prompt (without TEXT: restore it)",
      "  /reset         start a new conversation",
      "  /save FILE     write the conversation as Markdown",
      "  /stats         print the statistics of the last answer",
      "  /help, /exit   list the commands; leave the chat",
      "",
      "Ctrl-C stops an answer, Ctrl-D leaves the chat.",
      "",
      "Example: llava chat -m llava-v1.5-7b cat.jpg"
    })
public final class ChatCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private GenerationFlags generation;
  @Mixin private ImageOptions imageOptions;

  private final ImageArguments images = new ImageArguments();

  @Parameters(arity = "0..*", paramLabel = "IMAGE", description = "Images of the first question.")
  void setWords(List<String> soFar) {
    images.byPosition(soFar);
  }

  @Option(
      names = {"--image", "--image-file"},
      paramLabel = "IMAGE",
      description = "Another way to give an image; may be repeated.")
  void setImages(List<String> soFar) {
    images.ofOption(soFar);
  }

  @Option(
      names = "--history",
      paramLabel = "FILE",
      description = "Store the typed lines in this file, for the arrow keys of later chats.")
  private Path historyFile;

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    try (Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build();
        Llava llava = model.load(err)) {
      ChatRepl repl = new ChatRepl(llava, imageOptions, generation.toOptions(), terminal.writer());
      repl.setVerbose(model.verbose());
      for (ImageArguments.Typed image : images.inOrder()) {
        repl.show(image.text());
      }
      terminal.handle(Terminal.Signal.INT, _ -> repl.stopAnswer());
      LineReader reader = reader(terminal);
      terminal.writer().println("Ask about an image; /help lists the commands.");
      while (!repl.isOver()) {
        readLine(reader, repl, terminal.writer());
      }
    }
    return 0;
  }

  private static void readLine(LineReader reader, ChatRepl repl, PrintWriter out) {
    try {
      repl.accept(reader.readLine("> "));
    } catch (UserInterruptException e) {
      out.println("(Ctrl-D or /exit leaves the chat)");
    } catch (EndOfFileException e) {
      repl.accept("/exit");
    } catch (BadInputException e) {
      out.println("llava: " + e.getMessage());
    }
    out.flush();
  }

  private LineReader reader(Terminal terminal) {
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .completer(
                new StringsCompleter(
                    "/image", "/system", "/reset", "/save", "/stats", "/help", "/exit"));
    if (historyFile != null) {
      builder.variable(LineReader.HISTORY_FILE, historyFile);
    }
    return builder.build();
  }
}
