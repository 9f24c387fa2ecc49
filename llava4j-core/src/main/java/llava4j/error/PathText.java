package llava4j.error;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Paths that a user typed or a file names.
public final class PathText {
  private PathText() {}

  /// The path that a text is.
  ///
  /// @throws BadInputException if it cannot be one
  public static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw refusal(e);
    }
  }

  /// The sentence about a text that cannot be a path.
  public static BadInputException refusal(InvalidPathException e) {
    return new BadInputException(
        "'"
            + e.getInput().replace("\0", "\\0")
            + "' cannot be the name of a file or folder ("
            + e.getReason()
            + "); correct it",
        e);
  }
}
