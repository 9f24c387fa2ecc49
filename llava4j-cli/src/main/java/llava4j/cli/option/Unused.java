package llava4j.cli.option;

import llava4j.error.BadInputException;
import picocli.CommandLine.Model.CommandSpec;

/// Refuses options that would have no effect, instead of ignoring them.
public final class Unused {
  private Unused() {}

  /// @param spec the running command
  /// @param why the reason why they have no effect
  /// @throws BadInputException if one of them is on the command line
  public static void refuse(CommandSpec spec, String why, String... names) {
    for (String name : names) {
      if (isGiven(spec, name)) {
        throw new BadInputException(name + " would have no effect: " + why + "; leave it out");
      }
    }
  }

  /// Whether an option is on the command line.
  static boolean isGiven(CommandSpec spec, String name) {
    return spec.commandLine().getParseResult().hasMatchedOption(name);
  }
}
