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

/// Where the images of samples lie, and what a path that leads nowhere was probably meant to be.
/// Safe for many threads.
public final class ImagePath {
  private static final int LISTINGS = 64;
  private static final List<String> ENDINGS =
      List.of("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff");

  private final Path folder;

  /// Names in a folder by their lower-case form.
  private final Map<Path, Map<String, String>> listings = new ConcurrentHashMap<>();

  /// @param folder that the samples' paths start from
  public ImagePath(Path folder) {
    this.folder = folder;
  }

  /// The file that a sample's `image` names. Backslashes divide folders, unless a file has them in
  /// its name.
  ///
  /// @throws InvalidPathException if it is no path
  public Path resolve(String image) {
    Path plain = folder.resolve(image).normalize();
    return image.indexOf('\\') < 0 || Files.isRegularFile(plain)
        ? plain
        : folder.resolve(image.replace('\\', '/')).normalize();
  }

  /// What is there instead of an image that is missing, such as `there is cat.JPG`; empty where
  /// nothing is like it.
  public Optional<String> insteadOf(String image) {
    String lower = image.toLowerCase(Locale.ROOT);
    if (lower.matches("(https?|s3|gs|data):.*")) {
      return Optional.of("it is an address; fetch the image and name the file");
    }
    Path asked = Path.of(image.replace('\\', '/'));
    Optional<Path> spelled = otherwiseSpelled(asked.isAbsolute() ? asked.getRoot() : folder, asked);
    if (spelled.isPresent()) {
      return Optional.of("there is " + shown(spelled.get()));
    }
    for (int from = asked.isAbsolute() ? 0 : 1; from < asked.getNameCount(); from++) {
      Path below = folder.resolve(asked.subpath(from, asked.getNameCount()).toString());
      if (Files.isRegularFile(below)) {
        return Optional.of("there is " + shown(below) + "; is the image folder the right one?");
      }
    }
    return Optional.empty();
  }

  private String shown(Path file) {
    return file.startsWith(folder) ? folder.relativize(file).toString() : file.toString();
  }

  /// Follows a path, name by name, without regard to case and to the ending of the last.
  private Optional<Path> otherwiseSpelled(Path start, Path asked) {
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
        // a folder that cannot be listed has no advice to give
      }
    }
    if (listings.size() < LISTINGS) {
      listings.put(parent, names);
    }
    return names;
  }
}
