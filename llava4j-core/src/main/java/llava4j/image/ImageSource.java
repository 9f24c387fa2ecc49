package llava4j.image;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import llava4j.error.BadInputException;

/// The source of an image.
public sealed interface ImageSource {
  /// The name in messages.
  String name();

  /// A file on this machine.
  record OfFile(Path path) implements ImageSource {
    @Override
    public String name() {
      return path.toString();
    }
  }

  /// The bytes of an image file; not copied.
  record OfBytes(String name, byte[] bytes) implements ImageSource {}

  /// A `data:` URI.
  record OfDataUri(String uri) implements ImageSource {
    @Override
    public String name() {
      return "the data URI";
    }

    @Override
    public String toString() {
      return "OfDataUri[" + uri.length() + " characters]";
    }
  }

  /// An http or https address.
  record OfUrl(URI uri) implements ImageSource {
    @Override
    public String name() {
      return uri.toString();
    }
  }

  /// Standard input.
  record OfStandardInput() implements ImageSource {
    @Override
    public String name() {
      return "standard input";
    }
  }

  /// Parses an argument of the command line: `-`, a data URI, an address, or else a file.
  ///
  /// @throws BadInputException if an address is malformed
  static ImageSource parse(String text) {
    String start = text.substring(0, Math.min(8, text.length())).toLowerCase(Locale.ROOT);
    if (text.equals("-")) {
      return new OfStandardInput();
    }
    if (start.startsWith("data:")) {
      return new OfDataUri(text);
    }
    try {
      return start.startsWith("http://") || start.startsWith("https://")
          ? new OfUrl(new URI(text))
          : new OfFile(Path.of(text));
    } catch (URISyntaxException | InvalidPathException e) {
      throw new BadInputException(
          "'" + text + "' is not a valid file name or address (" + e.getMessage() + "); correct it",
          e);
    }
  }
}
