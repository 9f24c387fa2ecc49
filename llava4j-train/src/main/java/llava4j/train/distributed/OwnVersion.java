package llava4j.train.distributed;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The version of llava4j that the build wrote into `version.properties`.
final class OwnVersion {
  private OwnVersion() {}

  static String read() {
    Properties properties = new Properties();
    try (InputStream file = OwnVersion.class.getResourceAsStream("version.properties")) {
      properties.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
