package llava4j.cli;

import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava completion bash|zsh`: the script that lets the shell complete commands and options.
@Command(
    name = "completion",
    description = "Print the completion script for a shell.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(llava completion bash)        in this shell",
      "  llava completion zsh >> ~/.zshrc       in every new one"
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
      // picocli's script is bash's; zsh runs it once its own emulation is loaded
      case zsh -> out.println("autoload -Uz compinit bashcompinit && compinit && bashcompinit");
    }
    out.println(AutoComplete.bash(root.getCommandName(), root));
    out.flush();
  }
}
