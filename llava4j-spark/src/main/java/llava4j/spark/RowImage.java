package llava4j.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import llava4j.error.BadInputException;
import llava4j.image.ImageSource;
import llava4j.image.fetch.FetchPolicy;
import llava4j.image.fetch.ImageFetcher;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.security.AccessControlException;

/// An image of a row, not yet read.
sealed interface RowImage {

  /// The bytes of the image file.
  ///
  /// @throws BadInputException if there is no such file, or it is too large
  /// @throws UncheckedIOException if reading failed in a way that may not happen again
  byte[] read(Configuration configuration);

  /// For messages.
  String name();

  /// In the row itself.
  record Here(String name, byte[] bytes) implements RowImage {
    @Override
    public byte[] read(Configuration configuration) {
      return fetched(new ImageSource.OfBytes(name, bytes));
    }
  }

  /// A data URI, or a path that Hadoop reads.
  record There(String path) implements RowImage {
    @Override
    public String name() {
      return isData() ? "the data URI" : path;
    }

    private boolean isData() {
      return starts("data:");
    }

    private boolean starts(String prefix) {
      return path.toLowerCase(Locale.ROOT).startsWith(prefix);
    }

    @Override
    public byte[] read(Configuration configuration) {
      if (isData()) {
        return fetched(new ImageSource.OfDataUri(path));
      }
      if (starts("http://") || starts("https://")) {
        throw new BadInputException(
            path + " is an address, which executors do not fetch; give a file's path or its bytes");
      }
      try {
        Path file = path(path);
        FileSystem files = file.getFileSystem(configuration);
        FileStatus status = files.getFileStatus(file);
        requireFile(status);
        try (FSDataInputStream stream = files.open(file)) {
          return stream.readNBytes(Math.toIntExact(status.getLen()));
        }
      } catch (FileNotFoundException | AccessControlException e) {
        throw new BadInputException(path + " is missing or may not be read; correct the path", e);
      } catch (UnsupportedFileSystemException e) {
        throw unreadable(e);
      } catch (IllegalArgumentException e) {
        // Hadoop wraps some failures of the network, such as a name server that does not answer
        throw ioCause(e).<RuntimeException>map(this::failed).orElseGet(() -> unreadable(e));
      } catch (IOException e) {
        throw failed(e);
      }
    }

    private BadInputException unreadable(Exception e) {
      return new BadInputException(
          "'" + path + "' is not a path that Hadoop reads here (" + e.getMessage() + ")", e);
    }

    private UncheckedIOException failed(IOException e) {
      return new UncheckedIOException(
          ExecutorPlace.name() + " cannot read " + path + ": " + e.getMessage(), e);
    }

    private static Optional<IOException> ioCause(Throwable thrown) {
      return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause)
          .filter(IOException.class::isInstance)
          .map(IOException.class::cast)
          .findFirst();
    }

    private void requireFile(FileStatus status) {
      if (!status.isFile()) {
        throw new BadInputException(path + " is a folder; give the path of an image");
      }
      long most = FetchPolicy.withoutUrls().maxBytes();
      if (status.getLen() > most) {
        throw new BadInputException(
            path + " is larger than the limit of " + most + " bytes; give a smaller image");
      }
    }

    /// As `binaryFile` writes paths: a URI, or a plain path in which a blank is a blank.
    ///
    /// @throws IllegalArgumentException if it is neither, such as `file:cat.jpg`
    private static Path path(String text) {
      try {
        URI uri = new URI(text);
        return uri.getScheme() == null || uri.isOpaque() ? new Path(text) : new Path(uri);
      } catch (URISyntaxException _) {
        return new Path(text);
      }
    }
  }

  private static byte[] fetched(ImageSource source) {
    return new ImageFetcher(FetchPolicy.withoutUrls(), InputStream.nullInputStream()).fetch(source);
  }
}
