package llava4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is the fault of a row, and what of its executor.
class RowImageTest {
  private final Configuration hadoop = new Configuration(false);

  /// Fails as HDFS does where the name server does not know the host.
  public static final class WithoutHost extends RawLocalFileSystem {
    @Override
    public void initialize(URI uri, Configuration configuration) {
      throw new IllegalArgumentException(new UnknownHostException(uri.getHost()));
    }
  }

  @Test
  void pathsAreReadWithBlanksToo(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("a cat.png"), "bytes");
    assertThat(new RowImage.There(file.toString()).read(hadoop)).asString().isEqualTo("bytes");
    assertThat(new RowImage.There(file.toUri().toString()).read(hadoop)).hasSize(5);
  }

  @Test
  void whatIsNoPathIsTheFaultOfTheRow() {
    for (String path : new String[] {"file:cat.jpg", "mailto:cat", "nowhere://a/b.png", "", ":"}) {
      assertThatThrownBy(() -> new RowImage.There(path).read(hadoop))
          .as(path)
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("'" + path + "' is not a path that Hadoop reads here");
    }
  }

  @Test
  void aHostThatIsNotFoundIsNoFaultOfTheRow() {
    hadoop.setClass("fs.lost.impl", WithoutHost.class, RawLocalFileSystem.class);
    assertThatThrownBy(() -> new RowImage.There("lost://storage/cat.png").read(hadoop))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContainingAll("this process cannot read lost://storage/cat.png", "storage");
  }
}
