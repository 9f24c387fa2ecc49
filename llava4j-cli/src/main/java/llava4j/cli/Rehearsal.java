package llava4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.tensor.NativeRuntime;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.leptonica.global.leptonica;

/// Loads the native libraries of `ask` and `chat` as the libraries do by themselves, which unpacks
/// them, and prints their files in the order of loading. The launcher lets later starts load these
/// files instead of searching fifty jars for each name (ADR 27).
final class Rehearsal {
  private Rehearsal() {}

  /// Prints one file per line.
  public static void main(String[] arguments) {
    NativeRuntime.prepareForInference();
    NativeRuntime.numThreads();
    NativeRuntime.useOneThreadPool();
    Loader.load(leptonica.class);
    Loader.getLoadedLibraries().values().stream()
        .map(Path::of)
        .filter(file -> file.isAbsolute() && Files.isRegularFile(file))
        .sorted()
        .forEach(System.out::println);
  }
}
