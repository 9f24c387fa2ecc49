package llava4j.cli.option;

import llava4j.error.BadInputException;
import picocli.CommandLine.Model.CommandSpec;

/// Options that would change nothing beside others are refused, not ignored.
public final class Unused {
  private Unused() {}

  /// @param spec of the command that runs
  /// @param why they are of no use here
  /// @throws BadInputException if one of them was typed
  public static void refuse(CommandSpec spec, String why, String... names) {
    for (String name : names) {
      if (isGiven(spec, name)) {
        throw new BadInputException(name + " would change nothing: " + why + "; leave it out");
      }
    }
  }

  /// Whether an option was typed, rather than left at its default.
  static boolean isGiven(CommandSpec spec, String name) {
    return spec.commandLine().getParseResult().hasMatchedOption(name);
  }
}
