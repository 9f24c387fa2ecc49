package llava4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The version of llava4j that the build wrote into `version.properties`.
public final class OwnVersion {
  private OwnVersion() {}

  /// Such as `0.1.0`.
  public static String read() {
    Properties properties = new Properties();
    try (InputStream file = OwnVersion.class.getResourceAsStream("version.properties")) {
      properties.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
