package llava4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import llava4j.error.BadInputException;
import llava4j.image.ImageProcessorConfig.ResizeRule;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ImageProcessorConfigTest {
  private static ImageProcessorConfig of(String json) {
    return ImageProcessorConfig.of(new JsonMapper().readTree(json), "preprocessor_config.json");
  }

  @Test
  void bothDialectsMeanTheSame() {
    assertThat(of("{\"size\": 56, \"crop_size\": 56, \"resample\": 3}"))
        .isEqualTo(ImageProcessorConfig.clip(56));
    assertThat(
            of(
                "{\"size\": {\"shortest_edge\": 56}, \"crop_size\": {\"height\": 56, \"width\": 56}}"))
        .isEqualTo(ImageProcessorConfig.clip(56));
    assertThat(of("{\"size\": {\"height\": 70, \"width\": 70}}").resizeRule())
        .isEqualTo(ResizeRule.BOTH_EDGES);
  }

  @Test
  void unusableValuesAreNamed() {
    String[][] cases = {
      {"[]", "not a JSON object"},
      {"{\"size\": \"big\"}", "size"},
      {"{\"size\": {\"height\": 5, \"width\": 6}}", "size"},
      {"{\"size\": 0}", "size is 0"},
      {"{\"size\": 224, \"resample\": 2}", "resample 2"},
      {"{\"image_mean\": [0.5, 0.5]}", "image_mean"},
      {"{\"image_std\": [0, 1, 1]}", "image_std"},
      {"{\"do_resize\": 1}", "do_resize"},
      {"{\"do_resize\": false, \"do_center_crop\": false}", "do_center_crop"},
      {"{\"rescale_factor\": -1}", "rescale_factor"}
    };
    for (String[] entry : cases) {
      assertThatThrownBy(() -> of(entry[0]))
          .as(entry[0])
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(entry[1]);
    }
    assertThatThrownBy(() -> ImageProcessorConfig.read(Path.of("no/such.json")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("such.json");
  }

  @Test
  void normalisedConstantsAreThoseOfTheSpecification() {
    var preprocessor = new Preprocessor(ImageProcessorConfig.clip(4), new ImageMode.Pad());
    assertThat(ImageProcessorConfig.clip(4).meanColor()).isEqualTo(new RgbColor(122, 116, 104));
    double[][] expected = {
      {-0.01125452, -0.01119600, -0.00133289},
      {-1.7922626, -1.7520971, -1.4802198},
      {1.9303361, 2.0748837, 2.1458969}
    };
    RgbColor[] colors = {new RgbColor(122, 116, 104), RgbColor.BLACK, new RgbColor(255, 255, 255)};
    for (int i = 0; i < 3; i++) {
      float[] data = preprocessor.process(RgbImage.filled(4, 4, colors[i])).data();
      for (int c = 0; c < 3; c++) {
        assertThat((double) data[c * 16]).isCloseTo(expected[i][c], within(2e-7));
      }
    }
  }

  @Test
  void resultSmallerThanTheCropIsPaddedWithZeros() {
    var config = of("{\"size\": 5, \"crop_size\": 8}");
    RgbImage white = RgbImage.filled(5, 5, new RgbColor(255, 255, 255));
    byte[] pixels = new Preprocessor(config, new ImageMode.Square()).process(white).pixels();
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 8; x++) {
        boolean inside = x >= 2 && x < 7 && y >= 2 && y < 7;
        assertThat(pixels[y * 8 + x]).isEqualTo(inside ? (byte) 255 : (byte) 0);
      }
    }
  }

  @Test
  void modeFollowsTheWordOfTheCheckpoint() {
    assertThat(ImageMode.of("pad", Resolution.llava16())).isInstanceOf(ImageMode.Pad.class);
    assertThat(ImageMode.of("anyres", Resolution.llava16())).isInstanceOf(ImageMode.AnyRes.class);
    assertThat(ImageMode.of(null, Resolution.llava16())).isInstanceOf(ImageMode.Square.class);
  }
}
