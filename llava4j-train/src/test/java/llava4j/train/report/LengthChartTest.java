package llava4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import llava4j.data.Lengths;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LengthChartTest {
  private static final int BAR = 0x96B4DC;
  private static final int LIMIT = 0xCC0000;

  @TempDir Path out;

  @Test
  void barsAndLimitAreDrawn() throws IOException {
    BufferedImage high = draw(IntStream.range(0, 256));
    assertThat(high.getWidth()).isEqualTo(1000);
    assertThat(pixels(high, BAR)).isGreaterThan(10_000);
    assertThat(pixels(high, LIMIT)).isGreaterThan(100);
    BufferedImage steep =
        draw(IntStream.concat(IntStream.generate(() -> 5).limit(1000), IntStream.range(0, 256)));
    assertThat(pixels(steep, BAR)).isLessThan(pixels(high, BAR));
  }

  @Test
  void aFileWithoutLengthsGivesAxesAlone() throws IOException {
    assertThat(pixels(draw(IntStream.empty()), BAR)).isZero();
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    Path nowhere = out.resolve("no/such/a.png");
    assertThatThrownBy(() -> LengthChart.write(new Lengths(), 10, nowhere))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(nowhere + " cannot be written");
  }

  private BufferedImage draw(IntStream lengths) throws IOException {
    Lengths all = new Lengths();
    lengths.forEach(all::add);
    Path path = out.resolve("lengths.png");
    LengthChart.write(all, 200, path);
    return ImageIO.read(path.toFile());
  }

  private static int pixels(BufferedImage image, int colour) {
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 0xFFFFFF) == colour ? 1 : 0;
      }
    }
    return count;
  }
}
