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

/// The CRC-32C checksum of a file, stored in a small file next to it, so that bit errors on the
/// disk are detected before training continues with them.
final class FileCheck {
  private static final String SUFFIX = ".crc32c";
  private static final int BUFFER = 1 << 20;

  private FileCheck() {}

  /// Writes the checksum of a complete file, and forces it to disk.
  static void write(Path file) throws IOException {
    AtomicFile.writeText(beside(file), sum(file));
  }

  /// Verifies the checksum of a file. Checkpoints of older versions have none and are accepted.
  ///
  /// @throws BadInputException if the file does not match or cannot be read
  static void require(Path file) {
    try {
      Path check = beside(file);
      if (Files.exists(check)
          && !sum(file).equals(Files.readString(check, StandardCharsets.ISO_8859_1))) {
        throw new BadInputException(
            file
                + " is damaged: its checksum does not match; remove the folder to resume from an"
                + " older checkpoint");
      }
    } catch (IOException e) {
      throw new BadInputException(
          file + " cannot be read: " + e + "; remove the folder to resume from an older checkpoint",
          e);
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
