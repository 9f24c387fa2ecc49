package llava4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import llava4j.golden.Golden;
import llava4j.golden.Golden.GoldenTensor;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Decoding and preprocessing against Pillow and the original code.
class ImageGoldenTest {
  /// From the manifest: pixels of a JPEG decoder may differ by 8 at 4:2:0 edges, by 3 after
  /// resizing.
  private static final int JPEG_LEVELS = 8;

  private static final int JPEG_RESIZED_LEVELS = 3;

  /// One 8-bit level is at most this after normalisation.
  private static final double LEVEL = 0.0150;

  static RgbImage decode(String image) {
    return decodeFile("images/" + image);
  }

  private static RgbImage decodeFile(String name) {
    try {
      byte[] file = Files.readAllBytes(Golden.path(name));
      return ImageDecoder.decode(file, name, DecodeOptions.reference()).image();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// The RGB pixels the original saw, so that what follows the decoder is tested alone.
  private static RgbImage reference(String image) {
    String decoded = "preprocess/decoded/" + image + ".png";
    return Golden.lists(decoded) ? decodeFile(decoded) : decode(image);
  }

  private static boolean isJpeg(String image) {
    return image.endsWith(".jpg");
  }

  /// A tensor file of the manifest without the images that the manifest leaves out.
  private static Map<String, GoldenTensor> tensors(String prefix) {
    Map<String, GoldenTensor> tensors = new TreeMap<>(Golden.tensors(file(prefix)));
    tensors.keySet().removeIf(image -> !Golden.lists("images/" + image));
    assertThat(tensors).as("images of " + prefix).isNotEmpty();
    return tensors;
  }

  private static int size(GoldenTensor tensor) {
    return Math.toIntExact(tensor.shape()[tensor.shape().length - 1]);
  }

  private static String file(String prefix) {
    List<String> found =
        Golden.files(prefix).stream().filter(name -> name.endsWith(".safetensors")).toList();
    assertThat(found).as("files " + prefix + "*").hasSize(1);
    return found.getFirst();
  }

  private static int worst(byte[] ours, byte[] theirs) {
    assertThat(ours).hasSameSizeAs(theirs);
    int worst = 0;
    for (int i = 0; i < ours.length; i++) {
      worst = Math.max(worst, Math.abs((ours[i] & 0xFF) - (theirs[i] & 0xFF)));
    }
    return worst;
  }

  private static double worst(float[] ours, float[] theirs) {
    assertThat(ours).hasSameSizeAs(theirs);
    double worst = 0;
    for (int i = 0; i < ours.length; i++) {
      worst = Math.max(worst, Math.abs((double) ours[i] - theirs[i]));
    }
    return worst;
  }

  @Test
  void everyImageDecodesAsPillowDoes() {
    List<String> decoded = Golden.files("preprocess/decoded/");
    for (String name : decoded) {
      String image =
          name.substring("preprocess/decoded/".length(), name.length() - ".png".length());
      RgbImage ours = decode(image);
      RgbImage theirs = decodeFile(name);
      assertThat(ours.width()).isEqualTo(theirs.width());
      assertThat(ours.height()).isEqualTo(theirs.height());
      Golden.check(
          "decoded " + image,
          worst(ours.pixels(), theirs.pixels()),
          isJpeg(image) ? JPEG_LEVELS : 0);
    }
  }

  @Test
  void sizesAndPixelDigestsAreThoseOfPillow() throws Exception {
    JsonNode images = Golden.json("preprocess/images.json").get("images");
    int compared = 0;
    int different = 0;
    int jpegDifferent = 0;
    for (String name : images.propertyNames()) {
      if (!Golden.lists("images/" + name)) {
        continue;
      }
      RgbImage image = decode(name);
      assertThat(new int[] {image.width(), image.height()})
          .as(name)
          .isEqualTo(Golden.ints(images.get(name).get("size")));
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(image.pixels());
      boolean same =
          HexFormat.of().formatHex(digest).equals(images.get(name).get("rgb_sha256").asString());
      if (isJpeg(name)) {
        jpegDifferent += same ? 0 : 1;
      } else {
        compared++;
        different += same ? 0 : 1;
      }
    }
    System.out.println("JPEG images whose pixels differ from Pillow's: " + jpegDifferent);
    Golden.checkExact("SHA-256 of RGB pixels", compared, different);
  }

  @Test
  void padModeGivesTheReferenceTensors() {
    Map<String, GoldenTensor> tensors = tensors("preprocess/pad_");
    tensors.forEach((image, tensor) -> {
      var preprocessor =
          new Preprocessor(ImageProcessorConfig.clip(size(tensor)), new ImageMode.Pad());
      PixelValues values = preprocessor.process(reference(image));
      boolean samePixels = Golden.lists("preprocess/decoded/" + image + ".png") || !isJpeg(image);
      Golden.check(
          "pad " + image, worst(values.data(), tensor.floats()), samePixels ? 1e-6 : 3 * LEVEL);
      Golden.check(
          "pad from file " + image,
          worst(preprocessor.process(decode(image)).data(), tensor.floats()),
          isJpeg(image) ? 3 * LEVEL : 1e-6);
    });
  }

  @Test
  void padModeAtFullSizeGivesTheReferencePixels() {
    tensors("preprocess/u8_")
        .forEach((image, tensor) -> checkPixels("pad u8", image, tensor, new ImageMode.Pad()));
  }

  @Test
  void squareModeGivesTheReferencePixels() {
    tensors("preprocess/plain_u8_")
        .forEach((image, tensor) -> checkPixels("plain", image, tensor, new ImageMode.Square()));
  }

  @Test
  void anyresModeGivesTheReferencePixelsAndGrids() {
    JsonNode facts = Golden.json("preprocess/anyres.json");
    List<Resolution> pinpoints = Resolution.parsePinpoints(facts.get("pinpoints"));
    Map<String, GoldenTensor> tensors = tensors("preprocess/anyres_u8_");
    tensors.forEach((name, tensor) -> {
      checkPixels("anyres", name, tensor, new ImageMode.AnyRes(pinpoints));
      JsonNode fact = facts.get("images").get(name);
      RgbImage image = reference(name);
      int[] bestWanted = Golden.ints(fact.get("best_resolution"));
      Resolution best = Resolution.selectBest(image.width(), image.height(), pinpoints);
      assertThat(best).isEqualTo(new Resolution(bestWanted[0], bestWanted[1]));
      var grid =
          (ImageGrid.Tiled)
              ImageGrid.of(
                  new ImageMode.AnyRes(pinpoints), image.width(), image.height(), size(tensor));
      assertThat(new int[] {grid.columns(), grid.rows()})
          .isEqualTo(Golden.ints(fact.get("grid_shape")));
      assertThat(grid.views()).isEqualTo(fact.get("tiles").asInt());
      assertThat(digest(Preprocessor.resizeAndPad(image, best, RgbColor.BLACK)))
          .as("padded " + image)
          .isEqualTo(fact.get("padded_sha256").asString());
    });
  }

  private static String digest(RgbImage image) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(image.pixels()));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void checkPixels(String what, String image, GoldenTensor tensor, ImageMode mode) {
    var preprocessor = new Preprocessor(ImageProcessorConfig.clip(size(tensor)), mode);
    boolean samePixels = Golden.lists("preprocess/decoded/" + image + ".png") || !isJpeg(image);
    Golden.check(
        what + " " + image,
        worst(preprocessor.process(reference(image)).pixels(), tensor.bytes()),
        samePixels ? 0 : JPEG_RESIZED_LEVELS);
    Golden.check(
        what + " from file " + image,
        worst(preprocessor.process(decode(image)).pixels(), tensor.bytes()),
        isJpeg(image) ? JPEG_RESIZED_LEVELS : 0);
  }

  @Test
  void bestResolutionsAreThoseOfTheOriginal() {
    JsonNode golden = Golden.json("preprocess/select_best_resolution.json");
    int compared = 0;
    int different = 0;
    List<String> withoutAnswer = new ArrayList<>();
    for (JsonNode entry : golden.get("cases")) {
      int[] size = Golden.ints(entry.get("size"));
      for (String list : entry.get("best").propertyNames()) {
        JsonNode wanted = entry.get("best").get(list);
        Resolution best =
            Resolution.selectBest(
                size[0],
                size[1],
                Resolution.parsePinpoints(golden.get("pinpoint_lists").get(list)));
        if (wanted.isNull()) {
          withoutAnswer.add(list + " " + size[0] + "x" + size[1]);
          continue;
        }
        compared++;
        int[] pair = Golden.ints(wanted);
        different += best.equals(new Resolution(pair[0], pair[1])) ? 0 : 1;
      }
    }
    System.out.println("sizes for which the original finds no resolution: " + withoutAnswer);
    Golden.checkExact("select_best_resolution", compared, different);
  }

  @Test
  void unpadKeepsWhatTheOriginalKeeps() {
    int compared = 0;
    int different = 0;
    for (JsonNode entry : Golden.json("preprocess/unpad_image.json")) {
      int[] size = Golden.ints(entry.get("size"));
      int width = entry.get("grid_w").asInt();
      KeptRange kept = KeptRange.unpad(size[0], size[1], width, entry.get("grid_h").asInt());
      boolean same =
          kept.rows() == entry.get("out_h").asInt() && kept.columns() == entry.get("out_w").asInt();
      if (!entry.get("first").isNull()) {
        same &= kept.rowFrom() * width + kept.columnFrom() == entry.get("first").asInt();
      }
      compared++;
      different += same ? 0 : 1;
    }
    Golden.checkExact("unpad_image", compared, different);
  }
}
