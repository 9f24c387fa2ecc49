package llava4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// Resolves the image paths of samples, and suggests the file that a wrong path probably means.
/// Thread-safe.
public final class ImagePath {
  private static final int LISTINGS = 64;
  private static final List<String> ENDINGS =
      List.of("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff");

  private final Path folder;

  /// File names of a folder, by their lower-case form.
  private final Map<Path, Map<String, String>> listings = new ConcurrentHashMap<>();

  /// @param folder folder that the image paths are relative to
  public ImagePath(Path folder) {
    this.folder = folder;
  }

  /// The file of a sample's `image`. A backslash separates folders, unless a file has it in its
  /// name.
  ///
  /// @throws InvalidPathException if the text is not a valid path
  public Path resolve(String image) {
    Path plain = folder.resolve(image).normalize();
    return image.indexOf('\\') < 0 || Files.isRegularFile(plain)
        ? plain
        : folder.resolve(image.replace('\\', '/')).normalize();
  }

  /// A hint for an image that does not exist, such as `there is cat.JPG`; empty if there is no
  /// similar file.
  public Optional<String> suggestionFor(String image) {
    String lower = image.toLowerCase(Locale.ROOT);
    if (lower.matches("(https?|s3|gs|data):.*")) {
      return Optional.of("it is a URL; download the image and use the file's path");
    }
    Path asked = Path.of(image.replace('\\', '/'));
    Optional<Path> spelled = findSimilar(asked.isAbsolute() ? asked.getRoot() : folder, asked);
    if (spelled.isPresent()) {
      return Optional.of("there is " + display(spelled.get()));
    }
    for (int from = asked.isAbsolute() ? 0 : 1; from < asked.getNameCount(); from++) {
      Path below = folder.resolve(asked.subpath(from, asked.getNameCount()).toString());
      if (Files.isRegularFile(below)) {
        return Optional.of("there is " + display(below) + "; is the image folder the right one?");
      }
    }
    return Optional.empty();
  }

  private String display(Path file) {
    return file.startsWith(folder) ? folder.relativize(file).toString() : file.toString();
  }

  /// Follows a path name by name, ignoring case and, for the last name, the file extension.
  private Optional<Path> findSimilar(Path start, Path asked) {
    Path at = start;
    for (int i = 0; i < asked.getNameCount(); i++) {
      String name = asked.getName(i).toString();
      boolean last = i == asked.getNameCount() - 1;
      if (name.equals(".") || name.equals("..")) {
        at = at.resolve(name);
        continue;
      }
      Optional<String> found = find(at, name, last);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      at = at.resolve(found.get());
    }
    return Files.isRegularFile(at) ? Optional.of(at.normalize()) : Optional.empty();
  }

  private Optional<String> find(Path parent, String name, boolean file) {
    if (Files.exists(parent.resolve(name))) {
      return Optional.of(name);
    }
    Map<String, String> names = listing(parent);
    String lower = name.toLowerCase(Locale.ROOT);
    if (names.containsKey(lower) || !file) {
      return Optional.ofNullable(names.get(lower));
    }
    int dot = lower.lastIndexOf('.');
    String stem = dot <= 0 ? lower : lower.substring(0, dot);
    return ENDINGS.stream()
        .map(ending -> names.get(stem + "." + ending))
        .filter(other -> other != null)
        .findFirst();
  }

  private Map<String, String> listing(Path parent) {
    Map<String, String> known = listings.get(parent);
    if (known != null) {
      return known;
    }
    Map<String, String> names = new TreeMap<>();
    if (Files.isDirectory(parent)) {
      try (Stream<Path> files = Files.list(parent)) {
        files
            .map(file -> file.getFileName().toString())
            .forEach(name -> names.putIfAbsent(name.toLowerCase(Locale.ROOT), name));
      } catch (IOException | UncheckedIOException _) {
        // without a listing there is no suggestion
      }
    }
    if (listings.size() < LISTINGS) {
      listings.put(parent, names);
    }
    return names;
  }
}
