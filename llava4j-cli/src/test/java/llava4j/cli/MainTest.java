package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import llava4j.cli.terminal.Failures;
import llava4j.cli.train.TrainCommand;
import llava4j.error.BadInputException;
import org.jline.reader.UserInterruptException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void versionIsTheOneOfTheBuild() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("(?s)llava \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\\R.*Java .*");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void helpGoesToStandardOutAndListsCommands() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("Usage: llava", "completion", "Exit codes");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void examplesOfHelpAreNotBrokenIntoLines() {
    assertThat(run("train", "--help")).isZero();
    List<String> examples =
        out.toString().lines().dropWhile(line -> !line.equals("Examples:")).skip(1).toList();
    assertThat(examples)
        .containsSequence(TrainCommand.class.getAnnotation(Command.class).footer())
        .anyMatch(line -> line.length() > 80);
  }

  @Test
  void noCommandIsAUsageError() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines("llava: a command is missing; see 'llava --help'.");
  }

  @Test
  void unknownOptionIsOneSentenceWithAHint() {
    assertThat(run("completion", "--bogus", "bash")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("--bogus", "'llava completion --help'");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void misspeltCommandIsSuggested() {
    assertThat(run("completoin")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("completoin", "did you mean", "completion");
  }

  @Test
  void unknownShellNamesTheKnownOnes() {
    assertThat(run("completion", "fish")).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("fish", "bash", "zsh");
  }

  @Test
  void badInputIsOneSentenceWithoutTrace() {
    int code = runFailing(new BadInputException("model.safetensors ends\n  after 12 bytes."));
    assertThat(code).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines("llava: model.safetensors ends after 12 bytes.");
  }

  @Test
  void badInputIsFoundBehindAWrapper() {
    assertThat(runFailing(new ExecutionException(new BadInputException("no such image."))))
        .isEqualTo(2);
    assertThat(err.toString()).isEqualToIgnoringNewLines("llava: no such image.");
  }

  @Test
  void anyOtherExceptionIsADefectWithItsTrace() {
    assertThat(runFailing(new IllegalStateException("index off by one"))).isEqualTo(1);
    assertThat(err.toString())
        .contains("IllegalStateException: index off by one", "\tat ", "this is a bug in llava");
  }

  @Test
  void errorsAreDefectsToo() {
    assertThat(runFailing(new UnsatisfiedLinkError("no jnitorch"))).isEqualTo(1);
    assertThat(err.toString()).contains("no jnitorch", "this is a bug in llava");
  }

  @Test
  void fullHeapNamesTheRemedy() {
    assertThat(runFailing(new OutOfMemoryError("Java heap space"))).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("Java heap space", "LLAVA_JAVA_OPTS");
  }

  @Test
  void aPathThatIsNoneIsOneSentence() {
    java.nio.file.InvalidPathException none =
        new java.nio.file.InvalidPathException("a\0b.json", "Nul character not allowed");
    assertThat(runFailing(none)).isEqualTo(2);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "llava: 'a\\0b.json' cannot be the name of a file or folder (Nul character not"
                + " allowed); correct it");
  }

  @Test
  void helpShowsNoRawVariables() {
    for (CommandLine command : commandLine().getSubcommands().values()) {
      assertThat(command.getUsageMessage()).as(command.getCommandName()).doesNotContain("${");
      for (CommandLine inner : command.getSubcommands().values()) {
        assertThat(inner.getUsageMessage()).as(inner.getCommandName()).doesNotContain("${");
      }
    }
    assertThat(commandLine().getSubcommands().get("ask").getUsageMessage()).contains("LLAVA_MODEL");
  }

  @Test
  void interruptsExitWith130AndNoWords() {
    assertThat(runFailing(new UserInterruptException(""))).isEqualTo(130);
    assertThat(runFailing(new InterruptedException())).isEqualTo(130);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void completionScriptsNameEveryCommand() {
    assertThat(run("completion", "bash")).isZero();
    String bash = out.toString();
    assertThat(bash).contains("#!/usr/bin/env bash", "complete -F", "llava", "completion");
    assertThat(run("completion", "zsh")).isZero();
    assertThat(out.toString().substring(bash.length())).contains("bashcompinit", "complete -F");
  }

  @Test
  void aLineThatBeginsWithACommandBuildsOnlyThisCommand() {
    assertThat(parserOf("ask", "chat").getSubcommands()).containsOnlyKeys("ask");
    assertThat(parserOf("--version").getSubcommands())
        .containsOnlyKeys(commandLine().getSubcommands().keySet());
    assertThat(parserOf("completion", "bash").getSubcommands()).hasSizeGreaterThan(5);
    assertThat(parserOf("aks").getSubcommands()).hasSizeGreaterThan(5);
    // for its help page, every command still knows whose it is
    assertThat(parserOf("ask").getSubcommands().get("ask").getUsageMessage())
        .isEqualTo(commandLine().getSubcommands().get("ask").getUsageMessage());
  }

  private CommandLine parserOf(String... arguments) {
    return Main.commandLine(new PrintWriter(out), new PrintWriter(err), arguments);
  }

  private int run(String... arguments) {
    return Main.execute(commandLine(), arguments);
  }

  private int runFailing(Throwable thrown) {
    CommandLine commandLine = commandLine().addSubcommand(new Failing(thrown));
    // picocli copies settings to the sub-commands that are there when they are made
    commandLine.setErr(commandLine.getErr()).setExecutionExceptionHandler(new Failures());
    return Main.execute(commandLine, "failing");
  }

  private CommandLine commandLine() {
    return Main.commandLine(new PrintWriter(out), new PrintWriter(err));
  }

  @Command(name = "failing")
  private record Failing(Throwable thrown) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      switch (thrown) {
        case Exception exception -> throw exception;
        case Error error -> throw error;
        default -> throw new AssertionError(thrown);
      }
    }
  }
}
