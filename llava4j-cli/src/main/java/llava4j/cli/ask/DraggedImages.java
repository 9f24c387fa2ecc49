package llava4j.cli.ask;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The image files in a line of a chat. They are typed by the user, or written by the terminal when
/// a file is dragged into it; terminals quote or escape blanks, or write a `file://` address.
///
/// @param text the line without the files
public record DraggedImages(String text, List<Path> files) {
  private static final Pattern WORD =
      Pattern.compile("'([^']+)'|\"([^\"]+)\"|((?:\\\\.|[^\\s\\\\])+)");
  private static final List<String> ENDINGS =
      List.of(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff");

  public static DraggedImages find(String line) {
    List<Path> files = new ArrayList<>();
    StringBuilder rest = new StringBuilder();
    Matcher word = WORD.matcher(line);
    int end = 0;
    while (word.find()) {
      Optional<Path> file = imageFile(word);
      if (file.isPresent()) {
        files.add(file.get());
        rest.append(line, end, word.start());
        end = word.end();
      }
    }
    rest.append(line.substring(end));
    return new DraggedImages(rest.toString().strip().replaceAll(" {2,}", " "), List.copyOf(files));
  }

  private static Optional<Path> imageFile(Matcher word) {
    String name =
        word.group(1) != null
            ? word.group(1)
            : word.group(2) != null ? word.group(2) : word.group(3).replaceAll("\\\\(.)", "$1");
    String lower = name.toLowerCase(Locale.ROOT);
    if (ENDINGS.stream().noneMatch(lower::endsWith)) {
      return Optional.empty();
    }
    try {
      Path path = lower.startsWith("file://") ? Path.of(new URI(name)) : Path.of(expandHome(name));
      return Files.isRegularFile(path) ? Optional.of(path) : Optional.empty();
    } catch (URISyntaxException | IllegalArgumentException e) {
      return Optional.empty(); // words, not a file
    }
  }

  private static String expandHome(String name) {
    return name.startsWith("~/") ? System.getProperty("user.home") + name.substring(1) : name;
  }
}
