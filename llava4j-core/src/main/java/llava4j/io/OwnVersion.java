package llava4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The versions that the build wrote into `version.properties`.
public final class OwnVersion {
  private OwnVersion() {}

  /// That of llava4j, such as `0.1.0`.
  public static String read() {
    return read("version");
  }

  /// That of a library as llava4j was built with it.
  ///
  /// @param library `libtorch` or `onnxruntime`
  public static String ofLibrary(String library) {
    return read(library);
  }

  private static String read(String key) {
    Properties properties = new Properties();
    try (InputStream file = OwnVersion.class.getResourceAsStream("version.properties")) {
      properties.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty(key);
  }
}
