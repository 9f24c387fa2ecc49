package llava4j.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import llava4j.error.BadInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The settings of CLIP's image processor.
///
/// @param size target side of the resize, in pixels
/// @param resizeRule whether `size` is for the shortest edge or for both edges
/// @param cropSize side of the centre crop, in pixels
/// @param mean of each channel, between 0 and 1
/// @param std standard deviation of each channel
/// @param rescaleFactor factor from 0..255 to 0..1
public record ImageProcessorConfig(
    int size,
    ResizeRule resizeRule,
    int cropSize,
    ChannelValues mean,
    ChannelValues std,
    double rescaleFactor,
    boolean doResize,
    boolean doCenterCrop,
    boolean doRescale,
    boolean doNormalize) {

  /// The edges to which `size` applies.
  public enum ResizeRule {
    SHORTEST_EDGE,
    BOTH_EDGES
  }

  private static final ChannelValues CLIP_MEAN =
      new ChannelValues(0.48145466, 0.4578275, 0.40821073);
  private static final ChannelValues CLIP_STD =
      new ChannelValues(0.26862954, 0.26130258, 0.27577711);
  private static final double ONE_255TH = 0.00392156862745098;
  private static final int BICUBIC = 3;
  private static final int MAX_SIDE = 8192;

  public ImageProcessorConfig {
    require(
        size >= 1 && size <= MAX_SIDE, "size is " + size + ", but it must be between 1 and 8192");
    require(
        cropSize >= 1 && cropSize <= MAX_SIDE,
        "crop_size is " + cropSize + ", but it must be between 1 and 8192");
    require(
        Double.isFinite(rescaleFactor) && rescaleFactor > 0,
        "rescale_factor is " + rescaleFactor + ", but it must be positive");
    require(doResize || doCenterCrop, "do_resize and do_center_crop are both false; one is needed");
    for (int c = 0; c < 3; c++) {
      require(
          mean.channel(c) >= 0 && mean.channel(c) <= 1,
          "image_mean contains " + mean.channel(c) + ", but values must be between 0 and 1");
      require(
          Double.isFinite(std.channel(c)) && std.channel(c) > 0,
          "image_std contains " + std.channel(c) + ", but values must be positive");
    }
  }

  private static void require(boolean condition, String problem) {
    if (!condition) {
      throw new BadInputException("the image processor cannot work: " + problem);
    }
  }

  /// CLIP's settings for images of `size`: 336 for LLaVA-1.5, 224 for the HD variant.
  public static ImageProcessorConfig clip(int size) {
    return new ImageProcessorConfig(
        size,
        ResizeRule.SHORTEST_EDGE,
        size,
        CLIP_MEAN,
        CLIP_STD,
        ONE_255TH,
        true,
        true,
        true,
        true);
  }

  /// Side of the resulting views, in pixels.
  public int viewSize() {
    return doCenterCrop ? cropSize : size;
  }

  /// The mean as an 8-bit colour, truncated: (122, 116, 104) for CLIP.
  public RgbColor meanColor() {
    return new RgbColor(
        (int) (mean.red() * 255), (int) (mean.green() * 255), (int) (mean.blue() * 255));
  }

  /// Reads `preprocessor_config.json` of either dialect.
  ///
  /// @throws BadInputException if it is missing, not JSON, or has unsupported settings
  public static ImageProcessorConfig read(Path file) {
    try {
      return of(new JsonMapper().readTree(Files.readAllBytes(file)), file.toString());
    } catch (IOException e) {
      throw new BadInputException(
          "cannot read " + file + "; a checkpoint needs its preprocessor_config.json", e);
    } catch (JacksonException e) {
      throw new BadInputException(file + " is not valid JSON; download it again", e);
    }
  }

  /// Reads the content of `preprocessor_config.json`; missing values are CLIP's.
  ///
  /// @param where the file, for messages
  public static ImageProcessorConfig of(JsonNode json, String where) {
    if (!json.isObject()) {
      throw new BadInputException(where + " is not a JSON object; download it again");
    }
    Reader reader = new Reader(json, where);
    JsonNode resample = json.path("resample");
    if (resample.isNumber() && resample.asInt() != BICUBIC) {
      throw new BadInputException(
          where
              + " has resample "
              + resample.asInt()
              + ", but only 3 (bicubic) is supported; set it to 3");
    }
    boolean exact = json.path("size").has("height") || json.path("size").has("width");
    int size = reader.side("size", 224);
    return new ImageProcessorConfig(
        size,
        exact ? ResizeRule.BOTH_EDGES : ResizeRule.SHORTEST_EDGE,
        reader.side("crop_size", size),
        reader.channels("image_mean", CLIP_MEAN),
        reader.channels("image_std", CLIP_STD),
        reader.number("rescale_factor", ONE_255TH),
        reader.flag("do_resize"),
        reader.flag("do_center_crop"),
        reader.flag("do_rescale"),
        reader.flag("do_normalize"));
  }

  private record Reader(JsonNode json, String where) {
    int side(String key, int absent) {
      JsonNode value = json.path(key);
      if (value.isMissingNode() || value.isNull()) {
        return absent;
      }
      JsonNode side = value;
      if (value.isObject()) {
        side = value.has("shortest_edge") ? value.get("shortest_edge") : value.path("height");
        if (!value.has("shortest_edge") && !side.equals(value.path("width"))) {
          throw wrong(key, value, "equal height and width");
        }
      }
      if (!side.isInt()) {
        throw wrong(
            key, value, "an integer, {\"shortest_edge\": n} or {\"height\": n, \"width\": n}");
      }
      return side.asInt();
    }

    ChannelValues channels(String key, ChannelValues absent) {
      JsonNode value = json.path(key);
      if (value.isMissingNode() || value.isNull()) {
        return absent;
      }
      if (!value.isArray() || value.size() != 3) {
        throw wrong(key, value, "three numbers");
      }
      for (JsonNode channel : value) {
        if (!channel.isNumber()) {
          throw wrong(key, value, "three numbers");
        }
      }
      return new ChannelValues(
          value.get(0).asDouble(), value.get(1).asDouble(), value.get(2).asDouble());
    }

    double number(String key, double absent) {
      JsonNode value = json.path(key);
      if (value.isMissingNode() || value.isNull()) {
        return absent;
      }
      if (!value.isNumber()) {
        throw wrong(key, value, "a number");
      }
      return value.asDouble();
    }

    boolean flag(String key) {
      JsonNode value = json.path(key);
      if (value.isMissingNode() || value.isNull()) {
        return true;
      }
      if (!value.isBoolean()) {
        throw wrong(key, value, "true or false");
      }
      return value.asBoolean();
    }

    private BadInputException wrong(String key, JsonNode found, String expected) {
      return new BadInputException(
          where + ": " + key + " is " + found + ", but it must be " + expected);
    }
  }
}
