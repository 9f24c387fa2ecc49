package llava4j.cli.terminal;

import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.error.PathText;
import org.jline.reader.UserInterruptException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns an error into a message on standard error and an exit code.
///
/// A user's mistake gives one sentence and [#BAD_INPUT]. An interrupt gives [#INTERRUPTED] and no
/// message. Everything else is a bug in llava: the stack trace, a request to report it, and [#BUG].
public final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  static final int BUG = 1;
  public static final int BAD_INPUT = 2;

  /// 128 + SIGINT, as in shells.
  public static final int INTERRUPTED = 130;

  @Override
  public int handleExecutionException(
      Exception exception, CommandLine command, ParseResult parsed) {
    if (exception instanceof ParameterException usage) {
      return handleParseException(usage, parsed.originalArgs().toArray(String[]::new));
    }
    if (isVerbose(parsed)) {
      find(BadInputException.class, exception)
          .ifPresent(bad -> bad.details().forEach(line -> command.getErr().println("  " + line)));
    }
    return report(exception, command.getErr());
  }

  /// Whether the command got `--verbose`, which all commands that open models have.
  private static boolean isVerbose(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    return last.hasMatchedOption("--verbose");
  }

  @Override
  public int handleParseException(ParameterException exception, String[] arguments) {
    CommandLine command = exception.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("llava: " + sentence(exception) + suggestion(exception) + hint(command));
    err.flush();
    return BAD_INPUT;
  }

  /// Prints the part of `thrown` that is meant for the user.
  ///
  /// @return the exit code of the process
  public static int report(Throwable thrown, PrintWriter err) {
    Optional<BadInputException> badInput =
        find(BadInputException.class, thrown)
            .or(() -> find(InvalidPathException.class, thrown).map(PathText::refusal));
    if (badInput.isPresent()) {
      err.println("llava: " + oneLine(badInput.get().getMessage()));
      err.flush();
      return BAD_INPUT;
    }
    if (find(InterruptedException.class, thrown).isPresent()
        || find(UserInterruptException.class, thrown).isPresent()) {
      return INTERRUPTED;
    }
    if (find(OutOfMemoryError.class, thrown).isPresent()) {
      err.println(
          "llava: Java's heap memory is full ("
              + oneLine(thrown.getMessage())
              + "): set a larger heap with LLAVA_JAVA_OPTS=-Xmx4g, or use a smaller model.");
      err.flush();
      return BAD_INPUT;
    }
    thrown.printStackTrace(err);
    err.println("llava: this is a bug in llava; please report it with the lines above.");
    err.flush();
    return BUG;
  }

  /// Looks through the causes, because executors and picocli wrap what a command throws.
  private static <T extends Throwable> Optional<T> find(Class<T> type, Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return Optional.of(type.cast(cause));
      }
    }
    return Optional.empty();
  }

  private static String sentence(ParameterException exception) {
    if (exception instanceof UnmatchedArgumentException unmatched
        && !exception.getCommandLine().getSubcommands().isEmpty()
        && !unmatched.getUnmatched().getFirst().startsWith("-")) {
      return "unknown command '" + unmatched.getUnmatched().getFirst() + "'";
    }
    String message = oneLine(exception.getMessage());
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }

  private static String suggestion(ParameterException exception) {
    if (exception instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      return " (did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?)";
    }
    return "";
  }

  private static String hint(CommandLine command) {
    return "; see '" + command.getCommandSpec().qualifiedName() + " --help'.";
  }

  private static String oneLine(String message) {
    return message == null ? "no details" : message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
