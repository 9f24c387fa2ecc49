package llava4j.image;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.Metadata;
import com.drew.metadata.MetadataException;
import com.drew.metadata.exif.ExifIFD0Directory;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;

/// Bytes of a picture file to RGB, equal to Pillow's `Image.open(x).convert("RGB")`.
///
/// Ordinary formats go through the JDK's readers (its JPEG decoder gives Pillow's pixels bit for
/// bit), WebP and TIFF through TwelveMonkeys'. Stateless.
public final class ImageDecoder {
  /// What the WebP reader may look for behind the end: five codes of a pixel, a few bits each.
  private static final long READS_PER_PIXEL = 64;

  private static final String JDK_READERS = "com.sun.imageio";

  /// The resize needs memory in proportion to a side, however thin the picture.
  private static final int MAX_SIDE = 1_000_000;

  private static final String TWELVE_MONKEYS_READERS = "com.twelvemonkeys";

  private ImageDecoder() {}

  /// Decodes the first frame.
  ///
  /// @param file the whole file
  /// @param name how messages call it, such as its path
  /// @throws BadInputException if it is no picture we can read, is cut short or is too large
  public static DecodedImage decode(byte[] file, String name, DecodeOptions options) {
    if (LfsPointer.is(file)) {
      throw LfsPointer.refusal(name);
    }
    ImageFormat format =
        ImageFormat.sniff(file)
            .orElseThrow(() ->
                new BadInputException(
                    "cannot read "
                        + name
                        + " as a picture: "
                        + ImageFormat.describeUnknown(file)
                        + "; give a PNG, JPEG, GIF, BMP, WebP or TIFF file"));
    try {
      RgbImage stored =
          switch (format) {
            case JPEG -> decodeJpeg(file, name, options);
            case GIF -> decodeGif(file, name, options);
            case PNG, BMP -> decodeWith(JDK_READERS, format, file, name, options);
            case WEBP, TIFF -> decodeWith(TWELVE_MONKEYS_READERS, format, file, name, options);
          };
      Orientation orientation = orientation(file, format, options);
      return new DecodedImage(
          orientation.apply(stored), format, isAnimated(file, format), orientation);
    } catch (MalformedImageException e) {
      throw damaged(name, format, e.getMessage(), e);
    } catch (IOException e) {
      throw damaged(name, format, "it is cut short or damaged", e);
    } catch (BadInputException e) {
      throw e;
    } catch (RuntimeException e) {
      // ImageIO readers meet malformed files with whatever their arrays and casts happen to throw
      throw damaged(name, format, "it is damaged", e);
    }
  }

  /// Decodes with [DecodeOptions#defaults].
  public static DecodedImage decode(byte[] file, String name) {
    return decode(file, name, DecodeOptions.defaults());
  }

  private static BadInputException damaged(
      String name, ImageFormat format, String what, Exception cause) {
    return new BadInputException(
        "cannot read "
            + name
            + " as "
            + format
            + ": "
            + what
            + "; save it again or give another picture",
        cause);
  }

  private static RgbImage decodeJpeg(byte[] file, String name, DecodeOptions options)
      throws IOException, MalformedImageException {
    JpegHeader header = JpegHeader.parse(file);
    checkSize(header.width(), header.height(), name, options);
    ImageReader reader = reader(ImageFormat.JPEG, JDK_READERS);
    var warning = new AtomicReference<String>();
    reader.addIIOReadWarningListener((_, message) -> warning.compareAndSet(null, message));
    try (var stream = new ByteArrayImageStream(header.stream())) {
      reader.setInput(stream, true, true);
      checkSize(reader.getWidth(0), reader.getHeight(0), name, options);
      RgbImage image =
          switch (header.components()) {
            case 1 -> RasterPixels.toRgb(reader.read(0), options.grey16());
            case 3 -> readColorJpeg(reader, header);
            case 4 -> RasterPixels.fromJpegFour(reader.readRaster(0, null), header.fourAreYcck());
            default ->
                throw new MalformedImageException("it has " + header.components() + " components");
          };
      if (!header.complete() && warning.get() != null) {
        throw new MalformedImageException("it is cut short");
      }
      return image;
    } finally {
      reader.dispose();
    }
  }

  /// The decoder writes RGB rows; a destination of the same order takes them without a shuffle.
  private static RgbImage readColorJpeg(ImageReader reader, JpegHeader header)
      throws IOException, MalformedImageException {
    int width = header.width();
    int height = header.height();
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
    ImageReadParam parameters = reader.getDefaultReadParam();
    parameters.setDestination(target);
    reader.read(0, parameters);
    return RasterPixels.toRgb(target, DecodeOptions.Grey16.SCALE);
  }

  private static RgbImage decodeGif(byte[] file, String name, DecodeOptions options)
      throws IOException, MalformedImageException {
    GifHeader header = GifHeader.parse(file);
    checkSize(header.width(), header.height(), name, options);
    checkSize(header.frameWidth(), header.frameHeight(), name, options);
    ImageReader reader = reader(ImageFormat.GIF, JDK_READERS);
    try (var stream = new ByteArrayImageStream(file)) {
      reader.setInput(stream, true, true);
      Raster indices = reader.read(0).getRaster();
      RgbImage frame = RasterPixels.fromPalette(indices, header.palette());
      if (frame.width() == header.width() && frame.height() == header.height()) {
        return frame;
      }
      int color = header.palette()[header.background()];
      RgbImage canvas =
          RgbImage.filled(
              header.width(),
              header.height(),
              new RgbColor(color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF));
      frame.copyInto(canvas.pixels(), header.width(), header.left(), header.top());
      return canvas;
    } finally {
      reader.dispose();
    }
  }

  private static RgbImage decodeWith(
      String vendor, ImageFormat format, byte[] file, String name, DecodeOptions options)
      throws IOException, MalformedImageException {
    ImageReader reader = reader(format, vendor);
    try (var stream = new ByteArrayImageStream(file)) {
      reader.setInput(stream, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      checkSize(width, height, name, options);
      stream.allowReadsBehindEnd(READS_PER_PIXEL * width * height);
      return RasterPixels.toRgb(reader.read(0), options.grey16());
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader reader(ImageFormat format, String vendor) {
    ImageReader first = null;
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.name());
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith(vendor)) {
        return reader;
      }
      first = first == null ? reader : first;
    }
    if (first == null) {
      throw new BadInputException(
          format
              + " pictures need ImageIO plug-ins that this program was packed without; give PNG or JPEG");
    }
    return first;
  }

  private static void checkSize(int width, int height, String name, DecodeOptions options)
      throws MalformedImageException {
    if (width < 1 || height < 1) {
      throw new MalformedImageException("it claims a size of " + width + "x" + height);
    }
    if ((long) width * height > options.maxPixels() || Math.max(width, height) > MAX_SIDE) {
      throw new BadInputException(
          name
              + " is "
              + width
              + "x"
              + height
              + " pixels, more than the limit of "
              + options.maxPixels()
              + " (or of "
              + MAX_SIDE
              + " for one side)"
              + "; make it smaller");
    }
  }

  private static Orientation orientation(byte[] file, ImageFormat format, DecodeOptions options) {
    boolean wanted =
        switch (format) {
          case TIFF -> true;
          case JPEG, PNG, WEBP -> options.honourOrientation();
          case GIF, BMP -> false;
        };
    if (!wanted) {
      return Orientation.UPRIGHT;
    }
    try {
      Metadata metadata =
          ImageMetadataReader.readMetadata(new ByteArrayInputStream(file), file.length);
      var directory = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
      return directory != null && directory.containsTag(ExifIFD0Directory.TAG_ORIENTATION)
          ? Orientation.ofExif(directory.getInt(ExifIFD0Directory.TAG_ORIENTATION))
          : Orientation.UPRIGHT;
    } catch (ImageProcessingException | MetadataException | IOException | RuntimeException _) {
      // broken notes about a picture are no reason to refuse the picture
      return Orientation.UPRIGHT;
    }
  }

  private static boolean isAnimated(byte[] file, ImageFormat format)
      throws MalformedImageException {
    return switch (format) {
      case GIF -> GifHeader.parse(file).animated();
      case WEBP -> file.length > 20 && file[12] == 'V' && file[15] == 'X' && (file[20] & 2) != 0;
      case PNG -> hasAnimationChunk(file);
      case JPEG, BMP, TIFF -> false;
    };
  }

  /// Whether PNG's `acTL` stands before the picture data.
  private static boolean hasAnimationChunk(byte[] file) {
    long at = 8;
    while (at + 8 <= file.length) {
      int start = (int) at;
      int type = word(file, start + 4);
      if (type == 0x6163544C) {
        return true;
      }
      if (type == 0x49444154) {
        return false;
      }
      at += 12 + Integer.toUnsignedLong(word(file, start));
    }
    return false;
  }

  private static int word(byte[] file, int at) {
    return (file[at] & 0xFF) << 24
        | (file[at + 1] & 0xFF) << 16
        | (file[at + 2] & 0xFF) << 8
        | (file[at + 3] & 0xFF);
  }
}
