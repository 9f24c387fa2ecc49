package llava4j.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import llava4j.error.BadInputException;
import llava4j.train.RunPlan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LossCurveTest {
  private static final Pattern EMBEDDED = Pattern.compile("src=\"data:image/png;base64,([^\"]+)\"");

  @TempDir Path out;

  @Test
  void theImageIsDrawn() throws IOException {
    draw(8, 4, 2, 1);
    BufferedImage image = ImageIO.read(out.resolve("loss.png").toFile());
    assertThat(image).isNotNull();
    assertThat(image.getWidth()).isEqualTo(1000);
    assertThat(image.getHeight()).isEqualTo(500);
    assertThat(coloured(image)).as("pixels of the curve").isGreaterThan(500);
  }

  @Test
  void theCurveFollowsTheLosses() throws IOException {
    draw(8, 4, 2, 1);
    byte[] falling = Files.readAllBytes(out.resolve("loss.png"));
    draw(1, 2, 4, 8);
    assertThat(Files.readAllBytes(out.resolve("loss.png"))).isNotEqualTo(falling);
  }

  @Test
  void thePageHoldsItsImagesAndAsksForNothingElse() throws IOException {
    draw(8, 4, 2, 3);
    String page = Files.readString(out.resolve("loss.html"));
    List<byte[]> images = new ArrayList<>();
    Matcher matcher = EMBEDDED.matcher(page);
    while (matcher.find()) {
      images.add(Base64.getDecoder().decode(matcher.group(1)));
    }
    assertThat(images).hasSize(2);
    assertThat(images.getFirst()).isEqualTo(Files.readAllBytes(out.resolve("loss.png")));
    BufferedImage rate = ImageIO.read(new ByteArrayInputStream(images.getLast()));
    assertThat(coloured(rate)).as("pixels of the learning rate").isGreaterThan(300);
    assertThat(page.replaceAll("base64,[^\"]+", ""))
        .doesNotContain("http", "<script", "<link", "url(", "file:")
        .containsOnlyOnce("<!DOCTYPE html>");
    assertThat(page.split("src=", -1)).hasSize(3);
  }

  @Test
  void thePageTellsTheNumbers() throws IOException {
    draw(8, 4, 1.5, 3);
    assertThat(Files.readString(out.resolve("loss.html")))
        .contains("<td>steps</td><td>4</td>")
        .contains("<td>loss, first</td><td>8.0000</td>")
        .contains("<td>loss, last</td><td>3.0000</td>")
        .contains("<td>loss, lowest</td><td>1.5000</td>")
        .contains("<td>time in steps</td><td>8.0 s</td>")
        .contains("<td>samples per second</td><td>8.00</td>");
  }

  @Test
  void aNameIsTextOnThePage() throws IOException {
    log(3);
    LossCurve curve = new LossCurve(out);
    curve.onStart(new RunPlan("<b>a & b</b>", out, 0, 1, 16, 1, 0));
    curve.onEnd(true);
    assertThat(Files.readString(out.resolve("loss.html")))
        .contains("&lt;b&gt;a &amp; b&lt;/b&gt;")
        .doesNotContain("<b>");
  }

  @Test
  void oneStepIsEnough() throws IOException {
    draw(8);
    assertThat(ImageIO.read(out.resolve("loss.png").toFile())).isNotNull();
  }

  @Test
  void lossesThatAreNoNumbersDoNotEndTheRun() throws IOException {
    draw(8, Double.NaN, Double.POSITIVE_INFINITY, 2);
    assertThat(coloured(ImageIO.read(out.resolve("loss.png").toFile()))).isPositive();
    draw(Double.NaN, Double.NaN);
    assertThat(ImageIO.read(out.resolve("loss.png").toFile())).isNotNull();
  }

  @Test
  void withoutStepsNothingIsDrawn() {
    new LossCurve(out).onEnd(false);
    assertThat(out).isEmptyDirectory();
  }

  @Test
  void aImageThatCannotBeWrittenIsNamed() throws IOException {
    Files.createDirectories(out.resolve("loss.png"));
    assertThatThrownBy(() -> draw(8, 4))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("loss curve cannot be written", "loss.png");
  }

  private void draw(double... losses) {
    log(losses);
    LossCurve curve = new LossCurve(out);
    curve.onStart(StepReports.plan(out, 0, losses.length));
    curve.onEnd(true);
  }

  private void log(double... losses) {
    JsonlLog log = new JsonlLog(out, () -> Instant.EPOCH);
    log.onStart(StepReports.plan(out, 0, losses.length));
    for (int i = 0; i < losses.length; i++) {
      log.onStep(StepReports.report(i + 1, losses.length, losses[i], 2));
    }
  }

  /// Number of coloured pixels; only the curves have a colour.
  private static long coloured(BufferedImage image) {
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    return Arrays.stream(pixels).filter(rgb -> (rgb & 0xff) - (rgb >> 16 & 0xff) > 40).count();
  }
}
