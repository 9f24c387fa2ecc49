package llava4j.cli.gpu;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.cli.option.PackageFolder;
import llava4j.data.fetch.PackageClient;
import llava4j.error.BadInputException;

/// Run by the launchers before llava itself, if a GPU is asked for: `GpuStart DEVICE FILE`.
///
/// With `cuda`, a machine without a fitting driver is refused before anything is downloaded, and
/// what is missing is downloaded. With `auto`, the GPU is used if everything is there, and nothing
/// is downloaded. The folders from which Java has to load its libraries are written to the file, or
/// nothing for the processor.
public final class GpuStart {
  static final int REFUSED = 2;
  private static final String OWN = "LLAVA_CUDA_LIBRARIES";

  private final Map<String, String> environment;
  private final GpuDriver driver;
  private final PackageClient client;
  private final PrintStream err;

  /// @param environment of the process
  /// @param client that downloads
  GpuStart(
      Map<String, String> environment, GpuDriver driver, PackageClient client, PrintStream err) {
    this.environment = environment;
    this.driver = driver;
    this.client = client;
    this.err = err;
  }

  /// Ends the process with 0, or with 2 after a sentence on standard error.
  public static void main(String[] arguments) {
    GpuStart start =
        new GpuStart(
            System.getenv(),
            GpuDriver.find(Path.of("/"), "nvidia-smi"),
            onTerminal() ? PackageClient.shown() : PackageClient.programs(),
            System.err);
    System.exit(start.run(arguments[0], Path.of(arguments[1])));
  }

  /// @param device `auto` or `cuda...`
  /// @param result the file for the folders
  int run(String device, Path result) {
    try {
      Files.writeString(result, String.join(File.pathSeparator, folders(device)));
      return 0;
    } catch (BadInputException e) {
      err.println("llava: device " + device + " cannot be used: " + e.getMessage());
    } catch (IOException e) {
      err.println("llava: " + result + " cannot be written: " + e.getMessage());
    }
    return REFUSED;
  }

  private List<String> folders(String device) {
    Path folder = PackageFolder.of(environment.get("XDG_CACHE_HOME")).toAbsolutePath();
    GpuLibraries libraries =
        new GpuLibraries(
            GpuPackages.ofThisBuild(),
            folder,
            own(),
            client,
            note -> err.println("llava: " + note));
    Optional<String> problem = platform().or(driver::problem);
    if (device.equals("auto")) {
      if (problem.isEmpty() && !libraries.ready()) {
        problem =
            Optional.of(
                "the libraries for the GPU are not here; --device cuda downloads them, once");
      }
      if (problem.isPresent()) {
        err.println("llava: device auto is the processor: " + problem.get());
        return List.of();
      }
    } else {
      problem.ifPresent(GpuStart::refuse);
      libraries.bring();
    }
    List<String> folders = new ArrayList<>();
    folders.add(libraries.libraries().toString());
    ProcessorLibraries.of(System.getProperty("java.class.path"), folder)
        .forEach(unpacked -> folders.add(unpacked.toString()));
    return folders;
  }

  @SuppressWarnings("SystemConsoleNull") // since JDK 25 null again if there is no terminal
  private static boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private static Optional<String> platform() {
    String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    return platform.equals("Linux amd64")
        ? Optional.empty()
        : Optional.of(
            "there is libtorch with CUDA for Linux x86-64 only, and this is "
                + platform
                + "; use --device cpu");
  }

  private static void refuse(String problem) {
    throw new BadInputException(problem);
  }

  private List<Path> own() {
    String named = environment.getOrDefault(OWN, "");
    List<Path> folders =
        Stream.of(named.split(File.pathSeparator, -1))
            .filter(text -> !text.isBlank())
            .map(Path::of)
            .toList();
    folders.stream()
        .filter(folder -> !Files.isDirectory(folder))
        .findFirst()
        .ifPresent(folder -> refuse(OWN + " names " + folder + ", which is no folder"));
    return folders;
  }
}
