package llava4j.image.decode;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import llava4j.platform.SystemDefaults;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.leptonica.global.leptonica;

/// The native library that contains libwebp and OpenJPEG.
final class NativeCodecs {
  private NativeCodecs() {}

  /// Loads it at the first call. An image may be decoded before libtorch is loaded, so JavaCPP's
  /// system properties, which it reads when its first class is loaded, are set here too.
  ///
  /// @return the file it was loaded from
  static String load() {
    SystemDefaults.setForJavaCpp();
    String loaded = Loader.load(leptonica.class);
    return new File(loaded).isAbsolute() ? loaded : onLibraryPath(loaded);
  }

  /// JavaCPP returns the bare name of a library that Java found on its library path.
  private static String onLibraryPath(String name) {
    String file = System.mapLibraryName(name);
    return Arrays.stream(System.getProperty("java.library.path", "").split(File.pathSeparator))
        .map(folder -> Path.of(folder, file))
        .filter(Files::isRegularFile)
        .map(Path::toString)
        .findFirst()
        .orElse(name);
  }
}
