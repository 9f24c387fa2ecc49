package llava4j.data.fetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import llava4j.error.BadInputException;

/// Downloads the archive of a package into a folder.
@FunctionalInterface
public interface PackageClient {

  /// @param folder receives the file `wanted.file()`
  /// @throws BadInputException if the archive cannot be downloaded
  void download(PinnedPackage wanted, Path folder);

  /// Runs the registries' own programs, `npm pack`, `apt-get download` and Maven's
  /// `dependency:copy`, with the user's settings.
  static PackageClient programs() {
    return (wanted, folder) -> {
      List<String> command =
          switch (wanted.registry()) {
            case NPM -> List.of("npm", "pack", "--silent", wanted.name() + "@" + wanted.version());
            case DEBIAN -> List.of("apt-get", "download", wanted.name() + "=" + wanted.version());
            case MAVEN -> maven(wanted);
          };
      run(command, wanted, folder);
    };
  }

  /// Maven writes `group:name:version:jar:classifier`.
  private static List<String> maven(PinnedPackage wanted) {
    String[] parts = wanted.name().split(":", -1);
    return List.of(
        "mvn",
        "--batch-mode",
        "--quiet",
        "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy",
        "-Dartifact=" + String.join(":", parts[0], parts[1], wanted.version(), parts[2], parts[3]),
        "-DoutputDirectory=.");
  }

  private static void run(List<String> command, PinnedPackage wanted, Path folder) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw missing(
            wanted, folder, "'" + String.join(" ", command) + "' failed: " + lastLine(output));
      }
    } catch (IOException e) {
      throw missing(wanted, folder, wanted.registry().client() + " is not installed");
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
            + " with SHA-256 "
            + wanted.sha256()
            + " into "
            + folder
            + " yourself");
  }

  private static String lastLine(String output) {
    return output
        .lines()
        .filter(line -> !line.isBlank())
        .reduce((_, line) -> line)
        .orElse("no output")
        .strip();
  }
}
