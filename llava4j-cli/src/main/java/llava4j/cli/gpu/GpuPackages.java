package llava4j.cli.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llava4j.data.fetch.PinnedPackage;
import llava4j.error.BadInputException;

/// The packages whose libraries libtorch needs for a GPU, as `packages.tsv` lists them.
///
/// @param name of the set; another one is brought beside it
/// @param packages later ones win where two have a library of the same name
/// @param bytes of the archives whose size is known
/// @param unsized number of archives whose size only the registry knows
/// @param needed the libraries without which libtorch cannot be loaded
record GpuPackages(
    String name, List<PinnedPackage> packages, long bytes, int unsized, List<String> needed) {
  /// Names another list, for tests and for who builds libtorch otherwise.
  static final String PROPERTY = "llava.gpu.packages";

  /// The list of this build, or that of the system property.
  static GpuPackages ofThisBuild() {
    String other = System.getProperty(PROPERTY);
    try {
      if (other != null) {
        return parse(Files.readString(Path.of(other)), other);
      }
      try (InputStream in = GpuPackages.class.getResourceAsStream("packages.tsv")) {
        return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "packages.tsv");
      }
    } catch (IOException e) {
      if (other != null) {
        throw new BadInputException(PROPERTY + "=" + other + " cannot be read: " + e.getMessage());
      }
      throw new UncheckedIOException(e);
    }
  }

  /// @param text lines of fields between tabs: `set NAME`, `maven MODULE CLASSIFIER VERSION SHA-1
  ///   BYTES`, `pypi NAME VERSION`, `needs LIBRARY`; `#` begins a comment
  static GpuPackages parse(String text, String where) {
    String name = "";
    List<PinnedPackage> packages = new ArrayList<>();
    List<String> needed = new ArrayList<>();
    long bytes = 0;
    int unsized = 0;
    for (String line : text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
      String[] fields = line.split("\t", -1);
      switch (fields[0] + " " + fields.length) {
        case "set 2" -> name = fields[1];
        case "needs 2" -> needed.add(fields[1]);
        case "maven 6" -> {
          packages.add(
              PinnedPackage.maven(
                  fields[1], fields[2], fields[3], fields[4], "see its jar", "Bytedeco"));
          bytes += Long.parseLong(fields[5]);
        }
        case "pypi 3" -> {
          packages.add(PinnedPackage.pypi(fields[1], fields[2], "NVIDIA's terms", "NVIDIA"));
          unsized++;
        }
        default ->
            throw new BadInputException(
                where + " has the line '" + line + "', which is no set, maven, pypi or needs");
      }
    }
    return new GpuPackages(name, List.copyOf(packages), bytes, unsized, List.copyOf(needed));
  }
}
