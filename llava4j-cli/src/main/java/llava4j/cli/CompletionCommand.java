package llava4j.cli;

import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava completion bash|zsh`: prints the script with which the shell completes commands and
/// options.
@Command(
    name = "completion",
    description = "Print the shell script that completes commands and options.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(llava completion bash)        for this shell",
      "  llava completion zsh >> ~/.zshrc       for every new shell"
    })
final class CompletionCommand implements Runnable {
  /// Shells that picocli's script works in.
  enum Shell {
    bash,
    zsh
  }

  @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    CommandLine root = spec.root().commandLine();
    PrintWriter out = spec.commandLine().getOut();
    switch (shell) {
      case bash -> {}
      // picocli's script is for bash; zsh can run it after loading its bash emulation
      case zsh -> out.println("autoload -Uz compinit bashcompinit && compinit && bashcompinit");
    }
    out.println(AutoComplete.bash(root.getCommandName(), root));
    out.flush();
  }
}
