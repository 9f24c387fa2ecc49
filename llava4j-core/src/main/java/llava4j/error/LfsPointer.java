package llava4j.error;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The small text file that `git clone` writes in place of a large file if git-lfs is not
/// installed.
public final class LfsPointer {
  private static final String FIRST_LINE = "version https://git-lfs.github.com/spec/";
  private static final int MAX_BYTES = 1024; // the format's own limit

  private LfsPointer() {}

  /// Whether the first bytes of a file are those of a pointer.
  public static boolean is(byte[] beginning) {
    return new String(
            beginning,
            0,
            Math.min(beginning.length, FIRST_LINE.length()),
            StandardCharsets.ISO_8859_1)
        .equals(FIRST_LINE);
  }

  /// Fails if the file is a pointer.
  ///
  /// @throws BadInputException for a pointer
  public static void refuse(Path file) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) < MAX_BYTES) {
        try (InputStream stream = Files.newInputStream(file)) {
          if (is(stream.readNBytes(FIRST_LINE.length()))) {
            throw refusal(file.toString());
          }
        }
      }
    } catch (IOException e) {
      throw new BadInputException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// The error message about a pointer.
  ///
  /// @param what the file
  public static BadInputException refusal(String what) {
    return new BadInputException(
        what
            + " is a git-lfs pointer, not the file itself; run 'git lfs pull' in its folder, or download"
            + " the file again");
  }
}
