package llava4j.image.decode;

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
    return Loader.load(leptonica.class);
  }
}
