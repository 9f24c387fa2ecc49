package llava4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.image.HighDefinition.BaseView;
import llava4j.image.HighDefinition.PadColor;
import llava4j.image.HighDefinition.SingleTileNewline;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ImageGridTest {
  private static final ImageMode LLAVA16 = new ImageMode.AnyRes(Resolution.llava16());
  private static final ImageMode HD = new ImageMode.Hd(HighDefinition.paper());

  private static FeatureLayout llava16(int width, int height) {
    return FeatureLayout.of(
        ImageGrid.of(LLAVA16, width, height, 336), 24, PatchMerge.SPATIAL_UNPAD);
  }

  private static FeatureLayout hd(int width, int height, PatchMerge merge) {
    return FeatureLayout.of(ImageGrid.of(HD, width, height, 224), 16, merge);
  }

  @Test
  void tokenCountsAreThoseOfTheReleasedCode() {
    int[][] table = {
      {336, 336, 1176, 1312},
      {224, 224, 1176, 528},
      {640, 480, 2340, 1632},
      {480, 640, 2352, 1642},
      {500, 334, 1464, 1824},
      {1000, 1000, 2928, 1312},
      {1920, 1080, 1948, 1628},
      {1080, 1920, 1968, 1648},
      {2000, 400, 1598, 1552},
      {300, 1200, 1944, 1344},
      {5000, 300, 868, 838}
    };
    for (int[] row : table) {
      assertThat(llava16(row[0], row[1]).tokens())
          .as("1.6 %dx%d", row[0], row[1])
          .isEqualTo(row[2]);
      assertThat(hd(row[0], row[1], PatchMerge.SPATIAL_UNPAD).tokens())
          .as("HD %dx%d", row[0], row[1])
          .isEqualTo(row[3]);
    }
  }

  @Test
  void aSmallImageGetsOneTile() {
    var grid = (ImageGrid.Tiled) ImageGrid.of(HD, 224, 224, 224);
    assertThat(grid.columns()).isEqualTo(1);
    assertThat(grid.rows()).isEqualTo(1);
    assertThat(HighDefinition.paper().grids()).hasSize(14).doesNotHaveDuplicates();
  }

  @Test
  void keptRangesAreThoseOfTheTable() {
    assertThat(llava16(640, 480).kept()).isEqualTo(new KeptRange(6, 42, 0, 48));
    assertThat(hd(640, 480, PatchMerge.SPATIAL_UNPAD).kept())
        .isEqualTo(new KeptRange(0, 32, 3, 45));
  }

  @Test
  void singleViewGetsOneNewlineOnlyWhenUnpadding() {
    ImageGrid single = ImageGrid.of(new ImageMode.Pad(), 640, 480, 336);
    assertThat(FeatureLayout.of(single, 3, PatchMerge.FLAT).order())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8);
    assertThat(FeatureLayout.of(single, 3, PatchMerge.SPATIAL).tokens()).isEqualTo(9);
    assertThat(FeatureLayout.of(single, 3, PatchMerge.SPATIAL_UNPAD).order())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, FeatureLayout.NEWLINE);
  }

  @Test
  void orderOfEachMergeIsAsWritten() {
    var wide =
        new ImageGrid.Tiled(2, 1, 200, 100, ImageGrid.BaseTokens.FIRST, SingleTileNewline.EACH_ROW);
    int newline = FeatureLayout.NEWLINE;
    assertThat(FeatureLayout.of(wide, 2, PatchMerge.FLAT).order())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(FeatureLayout.of(wide, 2, PatchMerge.SPATIAL).order())
        .containsExactly(0, 1, 2, 3, 4, 5, 8, 9, 6, 7, 10, 11);
    assertThat(FeatureLayout.of(wide, 2, PatchMerge.SPATIAL_UNPAD).order())
        .containsExactly(0, 1, 2, 3, 4, 5, 8, 9, newline, 6, 7, 10, 11, newline);
    var baseLast =
        new ImageGrid.Tiled(2, 1, 200, 100, ImageGrid.BaseTokens.LAST, SingleTileNewline.EACH_ROW);
    assertThat(FeatureLayout.of(baseLast, 2, PatchMerge.SPATIAL_UNPAD).order())
        .containsExactly(4, 5, 8, 9, newline, 6, 7, 10, 11, newline, 0, 1, 2, 3);
    var withoutBase =
        new ImageGrid.Tiled(2, 1, 200, 100, ImageGrid.BaseTokens.NONE, SingleTileNewline.EACH_ROW);
    FeatureLayout tilesAlone = FeatureLayout.of(withoutBase, 2, PatchMerge.SPATIAL_UNPAD);
    assertThat(tilesAlone.order()).containsExactly(4, 5, 8, 9, newline, 6, 7, 10, 11, newline);
    assertThat(tilesAlone.tokens()).isEqualTo(10);
    var one =
        new ImageGrid.Tiled(1, 1, 100, 100, ImageGrid.BaseTokens.FIRST, SingleTileNewline.END);
    assertThat(FeatureLayout.of(one, 2, PatchMerge.SPATIAL_UNPAD).order())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, newline);
  }

  @Property(tries = 300)
  void orderHoldsEveryKeptPatchOnce(
      @ForAll @IntRange(min = 1, max = 4000) int width,
      @ForAll @IntRange(min = 1, max = 4000) int height) {
    for (PatchMerge merge : PatchMerge.values()) {
      FeatureLayout layout = hd(width, height, merge);
      int[] order = layout.order();
      assertThat(order).hasSize(layout.tokens());
      int[] patches = Arrays.stream(order).filter(i -> i != FeatureLayout.NEWLINE).toArray();
      assertThat(patches).doesNotHaveDuplicates();
      assertThat(Arrays.stream(patches).allMatch(i -> i < layout.grid().views() * 256)).isTrue();
    }
  }

  @Test
  void viewsOfHighDefinitionFollowTheSwitches() {
    RgbImage image = PillowResizeTest.noise(60, 40, 3);
    var paper = HighDefinition.paper(28);
    var config = ImageProcessorConfig.clip(28);
    PixelValues values = new Preprocessor(config, new ImageMode.Hd(paper)).process(image);
    assertThat(values.views()).isEqualTo(values.grid().views());
    byte[] padded = new Preprocessor(config, new ImageMode.Pad()).process(image).pixels();
    assertThat(Arrays.copyOf(values.pixels(), padded.length)).isEqualTo(padded);
    var squashed =
        new HighDefinition(
            28, paper.grids(), BaseView.SQUASH, PadColor.BLACK, SingleTileNewline.END, true);
    PixelValues other = new Preprocessor(config, new ImageMode.Hd(squashed)).process(image);
    var pinpoints = new ImageMode.AnyRes(paper.resolutions());
    assertThat(other.pixels())
        .isEqualTo(new Preprocessor(config, pinpoints).process(image).pixels());
  }

  @Test
  void pinpointsAreReadFromListAndString() {
    var json = new JsonMapper();
    List<Resolution> wanted = List.of(new Resolution(336, 672), new Resolution(672, 336));
    assertThat(Resolution.parsePinpoints(json.readTree("[[336,672],[672,336]]"))).isEqualTo(wanted);
    assertThat(Resolution.parsePinpoints(json.readTree("\"[(336, 672), (672, 336)]\"")))
        .isEqualTo(wanted);
    for (String bad : List.of("[]", "[[1]]", "3", "\"(1x1),...\"", "[[0,5]]", "[[1,\"a\"]]")) {
      assertThatThrownBy(() -> Resolution.parsePinpoints(json.readTree(bad)))
          .isInstanceOf(BadInputException.class);
    }
  }

  @Test
  void tilesThatDoNotFitAreRefused() {
    var config = ImageProcessorConfig.clip(100);
    assertThatThrownBy(() -> new Preprocessor(config, LLAVA16))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("336x672")
        .hasMessageContaining("100");
    assertThatThrownBy(() -> new Preprocessor(config, HD))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("224");
    assertThatThrownBy(() -> PatchMerge.of("mosaic"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("mosaic");
  }
}
