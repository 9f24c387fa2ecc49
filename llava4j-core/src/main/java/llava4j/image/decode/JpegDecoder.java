package llava4j.image.decode;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import llava4j.image.RgbImage;

/// Decodes JPEG with the JDK's decoder, whose pixels are bit-identical to Pillow's.
final class JpegDecoder {
  private JpegDecoder() {}

  static StoredImage decode(byte[] file, DecodeLimits limits)
      throws IOException, MalformedImageException {
    JpegHeader header = JpegHeader.parse(file);
    limits.requireSize(header.width(), header.height());
    header.requireData();
    Orientation orientation = ExifOrientation.of(header.exif());
    boolean turned = limits.options().honourOrientation() && orientation != Orientation.UPRIGHT;
    int bytesPerPixel = (turned ? 3 : 0) + 3 + (header.components() == 3 ? 0 : header.components());
    int step = limits.subsampling(header.width(), header.height(), bytesPerPixel);
    ImageReader reader = ImageIoReaders.reader(ImageFormat.JPEG, ImageIoReaders.JDK);
    var warning = new AtomicReference<String>();
    reader.addIIOReadWarningListener((_, message) -> warning.compareAndSet(null, message));
    try (var stream = new ByteArrayImageStream(header.stream())) {
      reader.setInput(stream, true, true);
      limits.requireSize(reader.getWidth(0), reader.getHeight(0));
      ImageReadParam parameters = reader.getDefaultReadParam();
      parameters.setSourceSubsampling(step, step, 0, 0);
      RgbImage image =
          switch (header.components()) {
            case 1 -> RasterPixels.toRgb(reader.read(0, parameters), limits.options().grey16());
            case 3 -> readColor(reader, parameters, header, step);
            case 4 ->
                RasterPixels.fromJpegFour(reader.readRaster(0, parameters), header.fourAreYcck());
            default ->
                throw new MalformedImageException("it has " + header.components() + " components");
          };
      if (!header.complete() && warning.get() != null) {
        throw new MalformedImageException("it is cut short");
      }
      return new StoredImage(image, orientation, false, step);
    } finally {
      reader.dispose();
    }
  }

  /// The decoder writes RGB rows; a destination with the same order avoids a conversion.
  private static RgbImage readColor(
      ImageReader reader, ImageReadParam parameters, JpegHeader header, int step)
      throws IOException, MalformedImageException {
    int width = Math.ceilDiv(header.width(), step);
    int height = Math.ceilDiv(header.height(), step);
    var colors =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            ComponentColorModel.OPAQUE,
            DataBuffer.TYPE_BYTE);
    var raster =
        Raster.createInterleavedRaster(
            DataBuffer.TYPE_BYTE, width, height, width * 3, 3, new int[] {0, 1, 2}, null);
    var target = new BufferedImage(colors, raster, false, null);
    parameters.setDestination(target);
    reader.read(0, parameters);
    return RasterPixels.toRgb(target, DecodeOptions.Grey16.SCALE);
  }
}
