package llava4j.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Frame numbers worked out by hand from SEED-Bench's rules for one frame.
class SeedVideoTest {
  private static final double RATE = 60_000.0 / 1001;

  @TempDir Path folder;

  @Test
  void theMiddleFrameOfEachKind() {
    SeedVideo whole = new SeedVideo("v1", 10, "94328.webm", 0, 0);
    assertThat(whole.frame(46, 12)).isEqualTo(22);
    assertThat(whole.frame(2, 12)).isZero();
    SeedVideo seconds = new SeedVideo("v2", 11, "P03/P03_24.MP4", 648, 658);
    assertThat(seconds.frame(100_000, RATE)).isEqualTo(38_841 + (39_440 - 38_841 - 1) / 2);
    assertThat(seconds.frame(39_000, RATE)).isEqualTo(38_841 + (38_999 - 38_841 - 1) / 2);
    SeedVideo frames = new SeedVideo("v3", 12, "P06/cam01/P06_cereals.avi", 18, 166);
    assertThat(frames.frame(1000, 15)).isEqualTo(18 + 73);
    assertThat(frames.frame(100, 15)).isEqualTo(18 + 40);
    assertThat(frames.image()).isEqualTo("12_v3.png");
  }

  @Test
  void aSegmentWithoutFramesIsRefused() {
    SeedVideo frames = new SeedVideo("v3", 12, "a.avi", 18, 166);
    assertThatThrownBy(() -> frames.frame(18, 15))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("question v3 has no frame in a video of 18 frames")
        .hasMessageContaining("a.avi");
    assertThatThrownBy(() -> new SeedVideo("v1", 10, "a.webm", 0, 0).frame(1, 15))
        .isInstanceOf(BadInputException.class);
  }

  @Test
  void questionsAboutVideosAreRead() throws IOException {
    Path file = folder.resolve("SEED-Bench.json");
    String image = "{\"data_type\":\"image\",\"question_id\":\"1\",\"question_type_id\":3}";
    String video =
        "{\"data_type\":\"video\",\"question_id\":\"v1\",\"question_type_id\":11,"
            + "\"data_id\":\"P01/P01_01.MP4\",\"segment\":[1.5,3]}";
    Files.writeString(file, "{\"questions\":[" + image + "," + video + "]}");
    assertThat(SeedVideo.in(file))
        .containsExactly(new SeedVideo("v1", 11, "P01/P01_01.MP4", 1.5, 3));
    Files.writeString(file, "{\"questions\":[" + video.replace("[1.5,3]", "[1]") + "]}");
    assertThatThrownBy(() -> SeedVideo.in(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("question v1: a video needs question_type_id 10");
  }
}
