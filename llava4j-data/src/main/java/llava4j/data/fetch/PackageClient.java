package llava4j.data.fetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import llava4j.error.BadInputException;

/// Downloads the archive of a package into a folder.
@FunctionalInterface
public interface PackageClient {

  /// @param folder receives the file `wanted.file()`; it lies in the store's own folder
  /// @throws BadInputException if the archive cannot be downloaded
  void download(PinnedPackage wanted, Path folder);

  /// Runs the registries' own programs, `npm pack`, `apt-get download`, Maven's `dependency:copy`
  /// and `pip download`, with the user's settings.
  static PackageClient programs() {
    return (wanted, folder) -> {
      run(command(wanted, false), wanted, folder, false);
      rename(wanted, folder);
    };
  }

  /// The same for large packages: the programs write their progress to the terminal, or to where
  /// this process writes.
  static PackageClient shown() {
    return (wanted, folder) -> {
      run(command(wanted, true), wanted, folder, true);
      rename(wanted, folder);
    };
  }

  private static List<String> command(PinnedPackage wanted, boolean shown) {
    return switch (wanted.registry()) {
      case NPM -> List.of("npm", "pack", "--silent", wanted.name() + "@" + wanted.version());
      case DEBIAN -> List.of("apt-get", "download", wanted.name() + "=" + wanted.version());
      case MAVEN -> maven(wanted, shown);
      case PYPI ->
          List.of(
              "python3",
              "-m",
              "pip",
              "download",
              "--no-deps",
              "--only-binary=:all:",
              shown ? "--progress-bar=on" : "--quiet",
              wanted.name() + "==" + wanted.version());
    };
  }

  /// pip names a wheel by what it was built for.
  private static void rename(PinnedPackage wanted, Path folder) {
    if (wanted.registry() != PinnedPackage.Registry.PYPI) {
      return;
    }
    try (DirectoryStream<Path> wheels = Files.newDirectoryStream(folder, "*.whl")) {
      for (Path wheel : wheels) {
        Files.move(wheel, folder.resolve(wanted.file()));
        return;
      }
    } catch (IOException e) {
      throw missing(wanted, folder, e.getMessage());
    }
  }

  /// Maven writes `group:name:version:jar:classifier`.
  private static List<String> maven(PinnedPackage wanted, boolean shown) {
    String[] parts = wanted.name().split(":", -1);
    List<String> command = new ArrayList<>(List.of("mvn"));
    if (!shown) {
      command.addAll(List.of("--batch-mode", "--quiet"));
    }
    command.addAll(
        List.of(
            "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy",
            "-Dartifact="
                + String.join(":", parts[0], parts[1], wanted.version(), parts[2], parts[3]),
            "-DoutputDirectory=."));
    return command;
  }

  private static void run(List<String> command, PinnedPackage wanted, Path folder, boolean shown) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
      if (shown) {
        builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
      }
      Process process = builder.start();
      String output =
          shown
              ? "see above"
              : new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean ended = shown ? process.waitFor() >= 0 : process.waitFor(1, TimeUnit.MINUTES);
      if (!ended || process.exitValue() != 0) {
        process.destroyForcibly();
        throw missing(
            wanted, folder, "'" + String.join(" ", command) + "' failed: " + cause(output));
      }
    } catch (IOException e) {
      throw missing(wanted, folder, command.getFirst() + " is not installed");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw missing(wanted, folder, "interrupted");
    }
  }

  private static BadInputException missing(PinnedPackage wanted, Path folder, String why) {
    return new BadInputException(
        "package "
            + wanted
            + " cannot be downloaded ("
            + why
            + "); try again, or put "
            + wanted.file()
            + " with "
            + wanted.digestText()
            + " into "
            + folder.toAbsolutePath().getParent()
            + " yourself");
  }

  /// Maven and pip say the cause first; others last.
  private static String cause(String output) {
    List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
    return lines.stream()
        .filter(line -> line.startsWith("[ERROR]") || line.startsWith("ERROR:"))
        .findFirst()
        .or(() -> lines.isEmpty() ? Optional.empty() : Optional.of(lines.getLast()))
        .map(line -> line.replaceFirst("^(\\[ERROR]|ERROR:)", "").strip())
        .orElse("no output");
  }
}
