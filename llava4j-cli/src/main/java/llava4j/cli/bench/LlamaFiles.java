package llava4j.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import llava4j.data.fetch.PackageClient;
import llava4j.data.fetch.PackageStore;
import llava4j.data.fetch.PinnedPackage;
import llava4j.error.BadInputException;

/// Where llama.cpp's libraries lie. They are no part of llava: who wants the comparison has npm
/// download them, pinned to the byte, or names a folder.
///
/// @param folder of all of them, the processors' included
record LlamaFiles(Path folder, Path llama, Path ggml, Path ggmlBase) {
  /// llama.cpp's release v0.5.0, built for each kind of x64 processor.
  static final PinnedPackage PACKAGE =
      PinnedPackage.npm(
          "@node-llama-cpp/linux-x64",
          "3.22.1",
          "0d953e1503d5ab4608d8ed5b739132308c81ac05ffeb760d2a7f30e08a9f90e0",
          "MIT",
          "node-llama-cpp, llama.cpp");

  private static final String IN_PACKAGE = "package/bins/linux-x64";

  /// The libraries of a folder that was named.
  ///
  /// @throws BadInputException if one is missing
  static LlamaFiles in(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new BadInputException(
          folder + " is no folder; --llama-cpp takes the one that holds libllama.so");
    }
    Path whole = folder.toAbsolutePath().normalize();
    return new LlamaFiles(
        whole,
        library(whole, "libllama"),
        library(whole, "libggml"),
        library(whole, "libggml-base"));
  }

  /// The libraries of the pinned package, downloaded into `cache` if they are not there.
  ///
  /// @param notes hears what is being done
  static LlamaFiles downloaded(Path cache, PackageClient client, Consumer<String> notes) {
    requireLinuxX64(System.getProperty("os.name"), System.getProperty("os.arch"));
    Path unpacked =
        new PackageStore(cache, client, notes)
            .unpacked(PACKAGE, name -> name.startsWith(IN_PACKAGE) && name.endsWith(".so"));
    return in(unpacked.resolve(IN_PACKAGE));
  }

  static void requireLinuxX64(String system, String processor) {
    if (!system.equals("Linux") || !List.of("amd64", "x86_64").contains(processor)) {
      throw new BadInputException(
          "llama.cpp's libraries are downloaded for Linux on x64 only, this is "
              + system
              + " on "
              + processor
              + "; name a folder with those of llama.cpp "
              + LlamaLayouts.VERSION
              + " with --llama-cpp");
    }
  }

  /// `name.so`, or `name.VERSION.so`.
  private static Path library(Path folder, String name) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file ->
              file.getFileName().toString().matches(name + "(\\.v?\\d+(\\.\\d+)*)?\\.(so|dylib)"))
          .min(Path::compareTo)
          .orElseThrow(() ->
              new BadInputException(
                  folder + " holds no " + name + ".so; --llama-cpp takes the folder that does"));
    } catch (IOException e) {
      throw new BadInputException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }
}
