package llava4j.image.decode;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;
import java.awt.image.SinglePixelPackedSampleModel;
import llava4j.image.RgbImage;

/// Converts rasters to RGB, sample by sample, like Pillow's `convert("RGB")`: palettes are looked
/// up, alpha is dropped, colour spaces are not converted. Java's own `getRGB` would apply grey and
/// ICC profiles.
final class RasterPixels {
  private RasterPixels() {}

  static RgbImage toRgb(BufferedImage image, DecodeOptions.Grey16 grey16)
      throws MalformedImageException {
    Raster raster = image.getRaster();
    ColorModel colors = image.getColorModel();
    if (colors instanceof IndexColorModel palette) {
      return fromPalette(raster, packedColors(palette));
    }
    if (raster.getSampleModel() instanceof SinglePixelPackedSampleModel packed) {
      return fromPacked(raster, packed);
    }
    boolean cmyk =
        raster.getNumBands() >= 4
            && colors != null
            && colors.getColorSpace().getType() == ColorSpace.TYPE_CMYK;
    if (cmyk) {
      return fromCmyk(raster);
    }
    return switch (raster.getSampleModel().getDataType()) {
      case DataBuffer.TYPE_BYTE -> fromBytes(raster);
      case DataBuffer.TYPE_USHORT -> fromShorts(raster, grey16);
      default ->
          throw new MalformedImageException("its samples are neither 8-bit nor 16-bit integers");
    };
  }

  private static int[] packedColors(IndexColorModel palette) {
    int[] colors = new int[palette.getMapSize()];
    palette.getRGBs(colors);
    return colors;
  }

  /// An index outside of the palette is black.
  static RgbImage fromPalette(Raster raster, int[] colors) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] pixels = new byte[width * height * 3];
    int[] row = new int[width];
    int out = 0;
    for (int y = 0; y < height; y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
      for (int index : row) {
        int color = index < colors.length ? colors[index] : 0;
        pixels[out++] = (byte) (color >> 16);
        pixels[out++] = (byte) (color >> 8);
        pixels[out++] = (byte) color;
      }
    }
    return new RgbImage(width, height, pixels);
  }

  private static RgbImage fromBytes(Raster raster) throws MalformedImageException {
    int width = raster.getWidth();
    int height = raster.getHeight();
    if (!(raster.getSampleModel() instanceof ComponentSampleModel layout)
        || !(raster.getDataBuffer() instanceof DataBufferByte buffer)
        || raster.getMinX() != raster.getSampleModelTranslateX()
        || raster.getMinY() != raster.getSampleModelTranslateY()) {
      return fromSamples(raster, 0);
    }
    int colorBands = layout.getNumBands() >= 3 ? 3 : 1;
    int[] offsets = new int[3];
    byte[][] banks = new byte[3][];
    for (int c = 0; c < 3; c++) {
      int band = colorBands == 3 ? c : 0;
      int bank = layout.getBankIndices()[band];
      banks[c] = buffer.getBankData()[bank];
      offsets[c] = layout.getBandOffsets()[band] + buffer.getOffsets()[bank];
    }
    int step = layout.getPixelStride();
    int stride = layout.getScanlineStride();
    boolean alreadyRgb =
        colorBands == 3
            && step == 3
            && stride == 3 * width
            && offsets[0] == 0
            && offsets[1] == 1
            && offsets[2] == 2
            && banks[0].length == 3 * width * height
            && layout.getNumDataElements() == 3
            && buffer.getNumBanks() == 1;
    if (alreadyRgb) {
      return new RgbImage(width, height, banks[0]);
    }
    byte[] pixels = new byte[width * height * 3];
    int out = 0;
    for (int y = 0; y < height; y++) {
      int red = offsets[0] + y * stride;
      int green = offsets[1] + y * stride;
      int blue = offsets[2] + y * stride;
      for (int x = 0; x < width; x++, red += step, green += step, blue += step, out += 3) {
        pixels[out] = banks[0][red];
        pixels[out + 1] = banks[1][green];
        pixels[out + 2] = banks[2][blue];
      }
    }
    return new RgbImage(width, height, pixels);
  }

  private static RgbImage fromShorts(Raster raster, DecodeOptions.Grey16 grey16)
      throws MalformedImageException {
    if (raster.getNumBands() > 1) {
      return fromSamples(raster, 8);
    }
    return switch (grey16) {
      case SCALE -> fromSamples(raster, 8);
      case SATURATE -> fromSamples(raster, 0);
    };
  }

  /// The slow, general case: any sample model, shifted right and clipped to 255.
  private static RgbImage fromSamples(Raster raster, int shift) throws MalformedImageException {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    byte[] pixels = new byte[width * height * 3];
    int[] row = new int[Math.multiplyExact(width, bands)];
    int out = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          int sample = row[x * bands + (bands >= 3 ? c : 0)] >> shift;
          pixels[out++] = (byte) Math.min(sample, 255);
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }

  /// Several samples in one word, as in 16-bit BMP: five or six bits are scaled to 0..255.
  private static RgbImage fromPacked(Raster raster, SinglePixelPackedSampleModel layout)
      throws MalformedImageException {
    SampleModel model = raster.getSampleModel();
    int[] largest = new int[3];
    for (int c = 0; c < 3; c++) {
      int bits = model.getSampleSize(layout.getNumBands() >= 3 ? c : 0);
      if (bits < 1 || bits > 16) {
        throw new MalformedImageException("its colour masks are invalid");
      }
      largest[c] = (1 << bits) - 1;
    }
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    byte[] pixels = new byte[width * height * 3];
    int[] row = new int[Math.multiplyExact(width, bands)];
    int out = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          pixels[out++] = (byte) (row[x * bands + (bands >= 3 ? c : 0)] * 255 / largest[c]);
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }

  private static RgbImage fromCmyk(Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    byte[] pixels = new byte[width * height * 3];
    int[] row = new int[Math.multiplyExact(width, bands)];
    int out = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int white = 255 - row[x * bands + 3];
        for (int c = 0; c < 3; c++) {
          pixels[out++] = inkToLight(row[x * bands + c], white);
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }

  /// A raw JPEG raster of four components. Adobe stores inverted inks, and Pillow treats every such
  /// file as one of Adobe's.
  static RgbImage fromJpegFour(Raster raster, boolean ycck) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] pixels = new byte[width * height * 3];
    int[] row = new int[width * 4];
    int[] inks = new int[3];
    int out = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width * 4; x += 4) {
        if (ycck) {
          inksOfYcc(row[x], row[x + 1], row[x + 2], inks);
        } else {
          System.arraycopy(row, x, inks, 0, 3);
        }
        for (int c = 0; c < 3; c++) {
          pixels[out++] = inkToLight(255 - inks[c], row[x + 3]);
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }

  /// The colour equations of JPEG (ITU-R BT.601, full range) with 16 fractional bits, inverted as
  /// libjpeg does when it converts YCCK to CMYK.
  private static void inksOfYcc(int luminance, int blueness, int redness, int[] inks) {
    int cb = blueness - 128;
    int cr = redness - 128;
    int half = 1 << 15;
    inks[0] = clip(255 - (luminance + ((91881 * cr + half) >> 16)));
    inks[1] = clip(255 - (luminance + ((-22554 * cb - 46802 * cr + half) >> 16)));
    inks[2] = clip(255 - (luminance + ((116130 * cb + half) >> 16)));
  }

  /// white - white * ink / 255, rounded as in Pillow.
  private static byte inkToLight(int ink, int white) {
    int product = white * ink + 128;
    return (byte) clip(white - (((product >> 8) + product) >> 8));
  }

  private static int clip(int value) {
    return Math.clamp(value, 0, 255);
  }
}
