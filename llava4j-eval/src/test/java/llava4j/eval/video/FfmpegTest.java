package llava4j.eval.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs that the machine cannot start are not taken for broken videos.
class FfmpegTest {
  @TempDir Path folder;

  @Test
  void programsThatMissALibraryAreNamed() throws IOException {
    program(
        """
        #!/bin/sh
        echo "$0: error while loading shared libraries: libpulse.so.0: cannot open" >&2
        exit 127
        """);
    assertThatThrownBy(() -> Ffmpeg.in(folder).started())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("libpulse.so.0: cannot open")
        .hasMessageContaining("apt-get install libpulse0")
        .hasMessageNotContaining("\n");
  }

  @Test
  void programsThatStartAreTaken() throws IOException {
    program("#!/bin/sh\necho version\n");
    Ffmpeg ffmpeg = Ffmpeg.in(folder);
    assertThat(ffmpeg.started()).isSameAs(ffmpeg);
  }

  private void program(String script) throws IOException {
    Path file = Files.writeString(folder.resolve("ffmpeg"), script);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
