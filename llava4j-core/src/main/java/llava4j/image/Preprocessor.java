package llava4j.image;

import java.util.ArrayList;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.image.HighDefinition.BaseView;
import llava4j.image.HighDefinition.PadColor;
import llava4j.image.ImageProcessorConfig.ResizeRule;
import llava4j.image.PillowResize.Canvas;
import llava4j.image.PillowResize.Window;

/// Converts an image to the input of the vision tower. Immutable and thread-safe.
public final class Preprocessor {
  private final ImageProcessorConfig config;
  private final ImageMode mode;

  /// @throws BadInputException if the tiles of the mode do not fit the image processor
  public Preprocessor(ImageProcessorConfig config, ImageMode mode) {
    this.config = config;
    this.mode = mode;
    switch (mode) {
      case ImageMode.Pad _ -> {}
      case ImageMode.Square _ -> requireCrop(config);
      case ImageMode.AnyRes(List<Resolution> pinpoints) -> requireWholeTiles(config, pinpoints);
      case ImageMode.Hd(HighDefinition options) -> requireTile(config, options);
    }
  }

  private static void requireCrop(ImageProcessorConfig config) {
    if (!config.doCenterCrop() && config.resizeRule() == ResizeRule.SHORTEST_EDGE) {
      throw new BadInputException(
          "do_center_crop is false, so images would not become square; set it to true or image_aspect_ratio to pad");
    }
  }

  private static void requireWholeTiles(ImageProcessorConfig config, List<Resolution> pinpoints) {
    int tile = config.viewSize();
    for (Resolution pinpoint : pinpoints) {
      if (pinpoint.width() % tile != 0 || pinpoint.height() % tile != 0) {
        throw new BadInputException(
            "image_grid_pinpoints has "
                + pinpoint.width()
                + "x"
                + pinpoint.height()
                + ", which is not a multiple of the crop size "
                + tile
                + "; correct the pinpoints or the processor");
      }
    }
  }

  private static void requireTile(ImageProcessorConfig config, HighDefinition options) {
    if (config.viewSize() != options.tile()) {
      throw new BadInputException(
          "high definition has tiles of "
              + options.tile()
              + ", but the image processor makes views of "
              + config.viewSize()
              + "; they must be equal");
    }
  }

  public ImageProcessorConfig config() {
    return config;
  }

  public ImageMode mode() {
    return mode;
  }

  /// The grid of views for an image of this size; does not read pixels.
  public ImageGrid grid(int width, int height) {
    return ImageGrid.of(mode, width, height, config.viewSize());
  }

  /// Converts pixels to normalised views.
  public PixelValues process(RgbImage image) {
    List<RgbImage> views = views(image);
    int size = config.viewSize();
    int plane = size * size;
    byte[] pixels = new byte[Math.multiplyExact(views.size() * 3, plane)];
    float[] data = new float[pixels.length];
    for (int view = 0; view < views.size(); view++) {
      byte[] interleaved = views.get(view).pixels();
      for (int c = 0; c < 3; c++) {
        float[] table = normalised(c);
        int out = (view * 3 + c) * plane;
        for (int i = 0, in = c; i < plane; i++, in += 3) {
          pixels[out + i] = interleaved[in];
          data[out + i] = table[interleaved[in] & 0xFF];
        }
      }
    }
    return new PixelValues(data, pixels, views.size(), size, grid(image.width(), image.height()));
  }

  /// The normalised value of each 8-bit value of a channel: the product in double precision,
  /// rounded to float, then float arithmetic, as in the reference.
  private float[] normalised(int channel) {
    float mean = (float) config.mean().channel(channel);
    float std = (float) config.std().channel(channel);
    float[] table = new float[256];
    for (int value = 0; value < table.length; value++) {
      float scaled = config.doRescale() ? (float) (value * config.rescaleFactor()) : value;
      table[value] = config.doNormalize() ? (scaled - mean) / std : scaled;
    }
    return table;
  }

  private List<RgbImage> views(RgbImage image) {
    return switch (mode) {
      case ImageMode.Pad _ ->
          List.of(clipView(image, Canvas.squareAround(image, config.meanColor())));
      case ImageMode.Square _ -> List.of(clipView(image));
      case ImageMode.AnyRes(List<Resolution> pinpoints) -> {
        List<RgbImage> views = new ArrayList<>();
        int side = config.size();
        views.add(clipView(PillowResize.resize(image, side, side)));
        Resolution best = Resolution.selectBest(image.width(), image.height(), pinpoints);
        addTiles(image, best, RgbColor.BLACK, views);
        yield views;
      }
      case ImageMode.Hd(HighDefinition options) -> {
        List<RgbImage> views = new ArrayList<>();
        RgbColor color = options.padColor() == PadColor.MEAN ? config.meanColor() : RgbColor.BLACK;
        int side = config.size();
        views.add(
            options.baseView() == BaseView.PAD
                ? clipView(image, Canvas.squareAround(image, color))
                : clipView(PillowResize.resize(image, side, side)));
        Resolution best =
            Resolution.selectBest(image.width(), image.height(), options.resolutions());
        addTiles(image, best, color, views);
        yield views;
      }
    };
  }

  private void addTiles(RgbImage image, Resolution best, RgbColor color, List<RgbImage> views) {
    for (RgbImage tile : divideIntoTiles(resizeAndPad(image, best, color), config.viewSize())) {
      views.add(clipView(tile));
    }
  }

  /// Resizes an image to fit into `target`, keeping its aspect ratio, and centres it there
  /// (`resize_and_pad_image`).
  static RgbImage resizeAndPad(RgbImage image, Resolution target, RgbColor color) {
    double scaleWidth = (double) target.width() / image.width();
    double scaleHeight = (double) target.height() / image.height();
    int width = target.width();
    int height = target.height();
    if (scaleWidth < scaleHeight) {
      height = (int) Math.min(Math.ceil(image.height() * scaleWidth), target.height());
    } else {
      width = (int) Math.min(Math.ceil(image.width() * scaleHeight), target.width());
    }
    RgbImage resized = PillowResize.resize(image, width, height);
    if (width == target.width() && height == target.height()) {
      return resized;
    }
    RgbImage canvas = RgbImage.filled(target.width(), target.height(), color);
    resized.copyInto(
        canvas.pixels(),
        target.width(),
        (target.width() - width) / 2,
        (target.height() - height) / 2);
    return canvas;
  }

  /// Square tiles of an image, row by row (`divide_to_patches`).
  static List<RgbImage> divideIntoTiles(RgbImage image, int tile) {
    List<RgbImage> tiles = new ArrayList<>();
    for (int top = 0; top < image.height(); top += tile) {
      for (int left = 0; left < image.width(); left += tile) {
        tiles.add(image.crop(left, top, tile, tile));
      }
    }
    return tiles;
  }

  private RgbImage clipView(RgbImage image) {
    return clipView(image, Canvas.exactly(image));
  }

  /// CLIP's resize and centre crop of a canvas; only the cropped part is computed.
  private RgbImage clipView(RgbImage image, Canvas canvas) {
    long fullWidth = canvas.width();
    long fullHeight = canvas.height();
    if (config.doResize()) {
      long shortest = Math.min(fullWidth, fullHeight);
      boolean both = config.resizeRule() == ResizeRule.BOTH_EDGES;
      fullWidth = both ? config.size() : config.size() * fullWidth / shortest;
      fullHeight = both ? config.size() : config.size() * fullHeight / shortest;
    }
    int size = config.viewSize();
    long left = Math.floorDiv(fullWidth - size, 2);
    long top = Math.floorDiv(fullHeight - size, 2);
    int width = (int) Math.min(size, fullWidth);
    int height = (int) Math.min(size, fullHeight);
    RgbImage part =
        PillowResize.resize(
            image,
            canvas,
            new Window(fullWidth, fullHeight, Math.max(left, 0), Math.max(top, 0), width, height));
    if (width == size && height == size) {
      return part;
    }
    RgbImage padded = RgbImage.filled(size, size, RgbColor.BLACK);
    part.copyInto(padded.pixels(), size, (int) Math.max(-left, 0), (int) Math.max(-top, 0));
    return padded;
  }
}
