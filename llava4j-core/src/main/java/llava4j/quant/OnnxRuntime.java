package llava4j.quant;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import llava4j.error.BadInputException;
import llava4j.platform.SystemDefaults;
import org.bytedeco.javacpp.Loader;

/// ONNX Runtime's environment, which is one for the process.
final class OnnxRuntime {
  /// On Linux the library looks through the process's command line with a regular expression that
  /// recurses once and again for each character (1.29). A class path of four thousand characters
  /// overflows an ordinary thread's stack, and the process dies without a word. This is enough for
  /// the longest command line there can be, 2 MB; only what is used is taken.
  private static final long STACK_BYTES = 1L << 29;

  /// The library's property for the folder of its natives.
  private static final String NATIVE_PATH = "onnxruntime.native.path";

  /// How the library's jar calls operating systems and processors.
  private static final Map<String, String> FOLDERS =
      Map.of(
          "linux-x86_64", "linux-x64",
          "linux-arm64", "linux-aarch64",
          "macosx-arm64", "osx-aarch64",
          "windows-x86_64", "win-x64");

  private OnnxRuntime() {}

  /// How the one try went: with an environment, or with what is told instead.
  private record Outcome(OrtEnvironment environment, RuntimeException failure) {
    static Outcome ofTry() {
      try {
        return new Outcome(make(), null);
      } catch (RuntimeException e) {
        return new Outcome(null, e);
      }
    }
  }

  /// Java's way to run something once, at the first use. Nothing is thrown here: a class that fails
  /// to start hides its reason. The work is the outer class's: another thread does it, which would
  /// wait for this class for ever.
  private static final class Holder {
    private static final Outcome OUTCOME = Outcome.ofTry();
  }

  /// The environment, made by the first call.
  ///
  /// @throws BadInputException if the library does not start here
  static OrtEnvironment environment() {
    if (Holder.OUTCOME.failure() != null) {
      throw Holder.OUTCOME.failure();
    }
    return Holder.OUTCOME.environment();
  }

  /// Takes the natives from JavaCPP's cache, where libtorch's lie too. Left alone, the library
  /// unpacks 28 MB into a new temporary folder at every start, and a process that is killed leaves
  /// it there.
  private static void useCachedLibraries() {
    String folder = FOLDERS.get(Loader.getPlatform());
    if (folder == null || System.getProperty(NATIVE_PATH) != null) {
      return;
    }
    try {
      Path cached = null;
      for (String name : List.of("onnxruntime", "onnxruntime4j_jni")) {
        String resource = "/ai/onnxruntime/native/" + folder + "/" + System.mapLibraryName(name);
        File file = Loader.cacheResource(OrtEnvironment.class, resource);
        if (file == null) {
          return;
        }
        cached = file.toPath().getParent();
      }
      SystemDefaults.set(NATIVE_PATH, String.valueOf(cached));
    } catch (IOException e) {
      throw new BadInputException(
          "the natives of ONNX Runtime cannot be unpacked into JavaCPP's cache: "
              + e.getMessage()
              + "; make room there, or name another folder with -Dorg.bytedeco.javacpp.cachedir=DIR",
          e);
    }
  }

  private static OrtEnvironment make() {
    useCachedLibraries();
    OrtEnvironment made = start(OrtEnvironment::getEnvironment);
    try {
      made.setTelemetry(false);
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
    return made;
  }

  /// Starts the library on a thread with room.
  static OrtEnvironment start(Supplier<OrtEnvironment> library) {
    AtomicReference<OrtEnvironment> started = new AtomicReference<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread = new Thread(null, () -> started.set(library.get()), "onnxruntime", STACK_BYTES);
    thread.setUncaughtExceptionHandler((_, e) -> failure.set(e));
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (started.get() == null) {
      throw new BadInputException(
          "ONNX Runtime, which multiplies quantised weights, does not start on this machine ("
              + failure.get()
              + "); use --weights fp16 or fp32",
          failure.get());
    }
    return started.get();
  }
}
