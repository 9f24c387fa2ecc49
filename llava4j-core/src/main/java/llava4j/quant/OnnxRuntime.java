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
  /// On Linux the library searches the process's command line with a regular expression that
  /// recurses for each character (1.29). A class path of four thousand characters overflows the
  /// stack of an ordinary thread, and the process crashes without a message. This stack size is
  /// enough for the longest possible command line, 2 MB; only the used part takes memory.
  private static final long STACK_BYTES = 1L << 29;

  /// The library's property for the folder of its natives.
  private static final String NATIVE_PATH = "onnxruntime.native.path";

  /// The names of operating systems and processors in the library's jar.
  private static final Map<String, String> FOLDERS =
      Map.of(
          "linux-x86_64", "linux-x64",
          "linux-arm64", "linux-aarch64",
          "macosx-arm64", "osx-aarch64",
          "windows-x86_64", "win-x64");

  private OnnxRuntime() {}

  /// The result of the only try: an environment or an error message.
  private record Outcome(OrtEnvironment environment, RuntimeException failure) {
    static Outcome ofTry() {
      try {
        return new Outcome(make(), null);
      } catch (RuntimeException e) {
        return new Outcome(null, e);
      }
    }
  }

  /// Lazy initialisation at the first use. It must not throw, because an exception in a class
  /// initialiser hides its cause. The work is done by the outer class, because another thread does
  /// it, which would wait forever for the initialisation of this class.
  private static final class Holder {
    private static final Outcome OUTCOME = Outcome.ofTry();
  }

  /// The environment; created by the first call.
  ///
  /// @throws BadInputException if the library does not start on this machine
  static OrtEnvironment environment() {
    if (Holder.OUTCOME.failure() != null) {
      throw Holder.OUTCOME.failure();
    }
    return Holder.OUTCOME.environment();
  }

  /// Uses the native libraries in JavaCPP's cache, which contains libtorch's too. By default, the
  /// library would unpack 28 MB into a new temporary folder at every start, and a killed process
  /// would leave them there.
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

  /// Starts the library on a thread with a large stack.
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
