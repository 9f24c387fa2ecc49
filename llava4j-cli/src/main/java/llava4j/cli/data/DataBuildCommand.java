package llava4j.cli.data;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `llava data build`, with one sub-command per mixture.
@Command(
    name = "build",
    description = "Build a mixture of training samples.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "MIXTURE",
    commandListHeading = "%nMixtures:%n",
    subcommands = {
      BuildMix665kCommand.class,
      BuildPretrain558kCommand.class,
      BuildTinyCommand.class
    })
final class DataBuildCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a mixture is missing");
  }
}
