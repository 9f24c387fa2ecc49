package llava4j.data.mixture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import llava4j.data.mixture.rule.TokenCounter;
import llava4j.data.mixture.source.ImageSizes;

/// Small test files of every source, and builds of a mixture from them.
final class Miniatures {
  static final Path FOLDER = Path.of("src/test/resources/mixture");
  static final Path SOURCES = FOLDER.resolve("sources");

  private Miniatures() {}

  static MixtureOptions options(long seed) {
    return MixtureOptions.ofThePaper(seed, TokenCounter.estimate(), ImageSizes.stated());
  }

  /// The lines of a built mixture, one per sample.
  static List<String> build(Path sources, List<MixtureSource> chosen, MixtureOptions options)
      throws IOException {
    Path out = Files.createTempDirectory("mixture").resolve("out.json");
    try {
      MixtureBuild.of(sources, chosen, options).write(out, BuildListener.silent());
      return Files.readAllLines(out);
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(out.getParent());
    }
  }

  /// A copy that a test may change.
  static Path copyTo(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(SOURCES)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        Path copy = folder.resolve(SOURCES.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    return folder;
  }

  /// Replaces one part of a file; fails if the part is absent.
  static void spoil(Path file, String part, String other) throws IOException {
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    if (!text.contains(part)) {
      throw new IllegalStateException(file + " has no " + part);
    }
    Files.writeString(file, text.replace(part, other), StandardCharsets.ISO_8859_1);
  }
}
