package llava4j.cli;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import llava4j.cli.ask.AskCommand;
import llava4j.cli.ask.ChatCommand;
import llava4j.cli.bench.BenchCommand;
import llava4j.cli.data.DataCommand;
import llava4j.cli.doctor.DoctorCommand;
import llava4j.cli.eval.EvalCommand;
import llava4j.cli.experiment.ExperimentCommand;
import llava4j.cli.model.ConvertCommand;
import llava4j.cli.model.InfoCommand;
import llava4j.cli.model.PullCommand;
import llava4j.cli.model.QuantizeCommand;
import llava4j.cli.serve.ServeCommand;
import llava4j.cli.terminal.Failures;
import llava4j.cli.terminal.StandardError;
import llava4j.cli.terminal.StandardOutput;
import llava4j.cli.train.InitCommand;
import llava4j.cli.train.TrainCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The command `llava`. It has the sub-commands and does nothing by itself.
///
/// A new command is a class with picocli's `@Command`, in the map `COMMANDS` below.
@Command(
    name = "llava",
    description = "Run LLaVA-1.5 on this machine: ask about images, serve, train, evaluate.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:success",
      "1:a bug in llava; for 'llava data check' and 'llava doctor': problems were found",
      "2:the input or the command cannot be used",
      "75:for 'llava train': another process of the run was lost; the same command resumes the run",
      "130:interrupted"
    })
public final class Main implements Runnable {
  private static final String COMPLETION = "completion";

  /// All commands, in the order of the help page.
  private static final Map<String, Supplier<Object>> COMMANDS = commands();

  @Spec private CommandSpec spec;

  /// Runs one command and ends the process with its exit code.
  public static void main(String[] arguments) {
    StandardError.restore();
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    Optional<String> problem = JvmCheck.ofThisProcess(VectorModule.load()).problem();
    if (problem.isPresent()) {
      err.println("llava: " + problem.get());
      System.exit(Failures.BAD_INPUT);
    }
    LibraryFolder.prepare();
    Preload preload = Preload.begin(arguments);
    int code = execute(commandLine(out, err, arguments), arguments);
    preload.await();
    System.exit(StandardOutput.ofThisProcess().check(code, err));
  }

  private static Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("ask", AskCommand::new);
    commands.put("chat", ChatCommand::new);
    commands.put("info", InfoCommand::new);
    commands.put("convert", ConvertCommand::new);
    commands.put("quantize", QuantizeCommand::new);
    commands.put("init", InitCommand::new);
    commands.put("train", TrainCommand::new);
    commands.put("eval", EvalCommand::new);
    commands.put("experiment", ExperimentCommand::new);
    commands.put("serve", ServeCommand::new);
    commands.put("bench", BenchCommand::new);
    commands.put("doctor", DoctorCommand::new);
    commands.put("data", DataCommand::new);
    commands.put("pull", PullCommand::new);
    commands.put(COMPLETION, CompletionCommand::new);
    return commands;
  }

  /// The parser with every sub-command and our handlers of errors.
  public static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    return commandLine(out, err, COMMANDS.keySet());
  }

  /// The parser for one command line: if it begins with a command, it has this command only. To
  /// build the parsers of all commands takes a quarter of a second.
  static CommandLine commandLine(PrintWriter out, PrintWriter err, String... arguments) {
    boolean one =
        arguments.length > 0
            && COMMANDS.containsKey(arguments[0])
            && !arguments[0].equals(COMPLETION); // which writes about all
    return commandLine(out, err, one ? Set.of(arguments[0]) : COMMANDS.keySet());
  }

  private static CommandLine commandLine(PrintWriter out, PrintWriter err, Set<String> names) {
    Failures failures = new Failures();
    CommandLine commands = new CommandLine(new Main());
    names.forEach(name -> commands.addSubcommand(name, COMMANDS.get(name).get()));
    Map<String, IHelpSectionRenderer> sections = new HashMap<>(commands.getHelpSectionMap());
    sections.put(UsageMessageSpec.SECTION_KEY_FOOTER, Main::footer);
    everyVersion(commands);
    return commands
        .setHelpSectionMap(sections)
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler(failures)
        .setParameterExceptionHandler(failures);
  }

  /// Sub-commands print the version of the whole program.
  private static void everyVersion(CommandLine commands) {
    commands
        .getSubcommands()
        .values()
        .forEach(command -> {
          command.getCommandSpec().versionProvider(new Version());
          everyVersion(command);
        });
  }

  /// Does not wrap lines: an example on two lines could not be copied.
  private static String footer(Help help) {
    return Arrays.stream(help.commandSpec().usageMessage().footer())
        .map(line -> line + System.lineSeparator())
        .collect(Collectors.joining());
  }

  /// Runs one command line.
  ///
  /// @return the exit code: 0, or one of [Failures]
  public static int execute(CommandLine commandLine, String... arguments) {
    try {
      return commandLine.execute(arguments);
    } catch (Error e) {
      // picocli handles exceptions only; a missing native library or a full heap is an Error
      return Failures.report(e, commandLine.getErr());
    } finally {
      commandLine.getOut().flush();
    }
  }

  /// `llava` without a command is a usage error.
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
