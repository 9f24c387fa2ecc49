package llava4j.data.mixture.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import llava4j.data.ImageSize;
import llava4j.data.mixture.rule.Incident;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest {
  private static final ImageSize STATED = new ImageSize(3, 4);

  @TempDir private Path folder;
  private final ReadCounts counts = new ReadCounts();

  @ParameterizedTest
  @ValueSource(strings = {"jpg", "png", "gif"})
  void theImageItselfDecides(String format) throws IOException {
    Path file = Files.createDirectories(folder.resolve("vg")).resolve("1.jpg");
    BufferedImage image = new BufferedImage(37, 21, BufferedImage.TYPE_INT_RGB);
    assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
    assertThat(new ImageFolder(folder).of("vg/1.jpg", STATED, counts))
        .isEqualTo(new ImageSize(37, 21));
    assertThat(counts.incidents()).isEmpty();
  }

  @Test
  void aMissingImageIsCountedAndTheAnnotationsDecide() {
    assertThat(new ImageFolder(folder).of("vg/2.jpg", STATED, counts)).isEqualTo(STATED);
    assertThat(counts.incidents()).isEqualTo(Map.of(Incident.SIZE_FROM_ANNOTATIONS, 1L));
  }

  @Test
  void whatIsNoImageIsNamed() throws IOException {
    Files.writeString(folder.resolve("1.jpg"), "text");
    ImageFolder images = new ImageFolder(folder);
    assertThatThrownBy(() -> images.of("1.jpg", STATED, counts))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("1.jpg is not an image");
    assertThatThrownBy(() -> new ImageFolder(folder.resolve("1.jpg")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("is not a folder; choose the folder of the images");
  }
}
