package llava4j.train.state;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import llava4j.error.BadInputException;
import llava4j.io.AtomicFile;

/// A file's CRC-32C, kept in a small file beside it, so that bits that flip on the disk do not go
/// on learning.
final class FileCheck {
  private static final String SUFFIX = ".crc32c";
  private static final int BUFFER = 1 << 20;

  private FileCheck() {}

  /// Writes the check of a file that is complete, and forces it to the disk.
  static void write(Path file) throws IOException {
    AtomicFile.writeText(beside(file), sum(file));
  }

  /// Holds a file against its check; a checkpoint of an older version has none.
  static void require(Path file) {
    try {
      Path check = beside(file);
      if (Files.exists(check)
          && !sum(file).equals(Files.readString(check, StandardCharsets.ISO_8859_1))) {
        throw new BadInputException(
            file
                + " is damaged: its check sum is not the one that was written; remove the folder"
                + " to go on from an older checkpoint");
      }
    } catch (IOException e) {
      throw new BadInputException(
          file + " cannot be read: " + e + "; remove the folder to use an older checkpoint", e);
    }
  }

  private static Path beside(Path file) {
    return file.resolveSibling(file.getFileName() + SUFFIX);
  }

  private static String sum(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        crc.update(buffer, 0, read);
      }
    }
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }
}
