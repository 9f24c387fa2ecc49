package llava4j.image.decode;

import llava4j.platform.SystemDefaults;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.leptonica.global.leptonica;

/// The native library that holds libwebp and OpenJPEG.
final class NativeCodecs {
  private NativeCodecs() {}

  /// Loads it at the first call. An image may be decoded before anything of the engine runs, so
  /// JavaCPP's switches, which count only before its first class loads, are set here as the engine
  /// sets them.
  ///
  /// @return the file it was loaded from
  static String load() {
    SystemDefaults.setForJavaCpp();
    return Loader.load(leptonica.class);
  }
}
