package llava4j.cli.ask;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llava4j.Cancellation;
import llava4j.ChatMessage;
import llava4j.ChatResponse;
import llava4j.ChatSession;
import llava4j.Llava;
import llava4j.cli.option.ImageOptions;
import llava4j.error.BadInputException;
import llava4j.generate.FinishReason;
import llava4j.generate.GenerationOptions;
import llava4j.image.RgbImage;

/// Handles each line of `llava chat`, independently of the terminal.
final class ChatRepl {
  private static final Set<String> COMMANDS =
      Set.of("/image", "/system", "/reset", "/save", "/stats", "/help", "/exit", "/quit");

  private final Llava llava;
  private final ChatSession session;
  private final ImageOptions imageOptions;
  private final PrintWriter out;
  private final List<RgbImage> pending = new ArrayList<>();
  private volatile Cancellation running = new Cancellation();
  private ChatResponse last;
  private boolean over;
  private boolean verbose;

  ChatRepl(Llava llava, ImageOptions imageOptions, GenerationOptions options, PrintWriter out) {
    this.llava = llava;
    this.session = llava.chat();
    this.session.setOptions(options);
    this.imageOptions = imageOptions;
    this.out = out;
  }

  /// Handles one line: a command if it starts with a slash, otherwise a question.
  void accept(String line) {
    String text = line.strip();
    if (text.isEmpty()) {
      return;
    }
    // the path of an image that is dragged in may start with a slash too
    if (COMMANDS.contains(text.split("\\s+", 2)[0])
        || (text.startsWith("/") && DraggedImages.find(text).files().isEmpty())) {
      command(text);
    } else {
      say(text);
    }
  }

  /// Whether to print statistics after each answer.
  void setVerbose(boolean statistics) {
    verbose = statistics;
  }

  /// Stops the current answer; does nothing if there is none.
  void stopAnswer() {
    running.cancel();
  }

  boolean isOver() {
    return over;
  }

  /// Adds an image to the next question.
  void show(String name) {
    RgbImage image = imageOptions.decode(name, out);
    pending.add(image);
    out.println("(" + name + ", " + image.width() + " x " + image.height() + " pixels)");
  }

  private void say(String line) {
    DraggedImages dragged = DraggedImages.find(line);
    for (Path file : dragged.files()) {
      show(file.toString());
    }
    if (dragged.text().isEmpty()) {
      return; // the question will come with the next line
    }
    running = new Cancellation();
    last =
        session.say(
            dragged.text(),
            pending,
            (_, piece) -> {
              out.print(piece);
              out.flush();
            },
            running);
    pending.clear();
    boolean stopped = last.answers().getFirst().finishReason() == FinishReason.CANCELLED;
    out.println(stopped ? " (stopped)" : "");
    if (verbose) {
      stats();
    }
  }

  private void command(String line) {
    String[] words = line.split("\\s+", 2);
    String argument = words.length > 1 ? words[1].strip() : "";
    switch (words[0]) {
      case "/image" -> show(required(words[0], argument, "FILE"));
      case "/system" ->
          session.setSystem(argument.isEmpty() ? Optional.empty() : Optional.of(argument));
      case "/reset" -> reset();
      case "/save" -> save(required(words[0], argument, "FILE"));
      case "/stats" -> stats();
      case "/help" -> out.println("/image FILE, /system TEXT, /reset, /save FILE, /stats, /exit");
      case "/exit", "/quit" -> over = true;
      default -> throw new BadInputException("unknown command " + words[0] + "; /help lists them");
    }
  }

  private static String required(String command, String argument, String what) {
    if (argument.isEmpty()) {
      throw new BadInputException(command + " needs a " + what);
    }
    return argument;
  }

  private void reset() {
    session.reset();
    pending.clear();
    out.println("(a new conversation)");
  }

  private void stats() {
    if (last == null) {
      out.println("(no question was asked yet)");
    } else {
      Statistics.print(out, last, 0);
    }
  }

  private void save(String name) {
    StringBuilder text = new StringBuilder("# Conversation with " + llava.name() + "\n");
    for (ChatMessage message : session.history()) {
      switch (message) {
        case ChatMessage.User user -> {
          text.append("\n**User:** ").append(user.text()).append('\n');
          for (RgbImage image : user.images()) {
            text.append("(image ").append(image.width()).append(" x ").append(image.height());
            text.append(", sha256 ").append(image.sha256()).append(")\n");
          }
        }
        case ChatMessage.Assistant assistant ->
            text.append("\n**Assistant:** ").append(assistant.text()).append('\n');
      }
    }
    try {
      Files.writeString(Path.of(name), text);
      out.println("(saved to " + name + ")");
    } catch (IOException | InvalidPathException e) {
      throw new BadInputException(name + " cannot be written: " + e.getMessage(), e);
    }
  }
}
