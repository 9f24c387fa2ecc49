package llava4j.image.decode;

import java.io.IOException;
import java.util.function.LongSupplier;
import llava4j.error.BadInputException;
import llava4j.error.LfsPointer;
import llava4j.error.MemoryShortageException;
import llava4j.image.RgbColor;
import llava4j.image.RgbImage;

/// Decodes image files to RGB, with the same result as Pillow's `Image.open(x).convert("RGB")`.
///
/// A decoder gets only the parts of a file that determine the pixels: metadata, profiles and
/// further frames are removed first, so that hostile ones cost neither time nor memory. JPEG, PNG,
/// GIF and BMP are decoded by the JDK's readers (its JPEG decoder is bit-identical to Pillow's),
/// WebP by libwebp, JPEG 2000 by OpenJPEG, TIFF by TwelveMonkeys' reader. Stateless.
public final class ImageDecoder {
  private ImageDecoder() {}

  /// Decodes the first frame.
  ///
  /// @param file the whole file
  /// @param name its name in messages, such as its path
  /// @throws BadInputException if it is not a supported image, is truncated or is too large; a
  ///   [MemoryShortageException] if only the heap is too small for it
  public static DecodedImage decode(byte[] file, String name, DecodeOptions options) {
    return decode(file, name, options, DecodeLimits::freeHeapOfThisProcess);
  }

  /// @param freeHeap free bytes of the heap
  static DecodedImage decode(
      byte[] file, String name, DecodeOptions options, LongSupplier freeHeap) {
    if (LfsPointer.is(file)) {
      throw LfsPointer.refusal(name);
    }
    ImageFormat format =
        ImageFormat.sniff(file)
            .orElseThrow(() ->
                new BadInputException(
                    "cannot read " + name + " as an image: " + ImageFormat.describeUnknown(file)));
    var limits = new DecodeLimits(name, options, freeHeap);
    try {
      StoredImage stored = stored(file, format, limits);
      Orientation orientation =
          options.honourOrientation() || format == ImageFormat.TIFF
              ? stored.orientation()
              : Orientation.UPRIGHT;
      return new DecodedImage(
          orientation.apply(stored.image()),
          format,
          stored.animated(),
          orientation,
          stored.subsampling());
    } catch (MalformedImageException e) {
      throw damaged(name, format, e.getMessage(), e);
    } catch (IOException e) {
      if (e.getCause() instanceof OutOfMemoryError) {
        throw noRoom(name, e);
      }
      throw damaged(name, format, "it is cut short or damaged", e);
    } catch (OutOfMemoryError e) {
      throw noRoom(name, e);
    } catch (BadInputException e) {
      throw e;
    } catch (RuntimeException e) {
      // ImageIO readers throw all kinds of runtime exceptions for malformed files
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
            + "; save it again or give another image",
        cause);
  }

  private static MemoryShortageException noRoom(String name, Throwable cause) {
    return new MemoryShortageException(
        "memory ran out while "
            + name
            + " was decoded; give Java more (LLAVA_JAVA_OPTS=-Xmx...) or make the image smaller",
        cause);
  }

  private static StoredImage stored(byte[] file, ImageFormat format, DecodeLimits limits)
      throws IOException, MalformedImageException {
    return switch (format) {
      case JPEG -> JpegDecoder.decode(file, limits);
      case PNG -> decodePng(file, limits);
      case GIF -> GifDecoder.decode(file, limits);
      case BMP -> decodeBmp(file, limits);
      case WEBP -> decodeWebp(file, limits);
      case TIFF -> decodeTiff(file, limits);
      case JPEG2000 -> Jpeg2000Decoder.decode(file, limits);
      case PNM -> PnmDecoder.decode(file, limits);
      case TGA -> TgaDecoder.decode(file, limits);
      case ICO -> IcoDecoder.decode(file, limits);
    };
  }

  static StoredImage decodePng(byte[] file, DecodeLimits limits)
      throws IOException, MalformedImageException {
    PngHeader header = PngHeader.parse(file);
    limits.requireSize(header.width(), header.height());
    header.requireData();
    RgbImage image =
        ImageIoReaders.read(
            ImageIoReaders.JDK, ImageFormat.PNG, header.stream(), limits, 3 + header.pixelBytes());
    return new StoredImage(image, ExifOrientation.of(header.exif()), header.animated());
  }

  static StoredImage decodeBmp(byte[] file, DecodeLimits limits)
      throws IOException, MalformedImageException {
    BmpHeader header = BmpHeader.parse(file);
    limits.requireSize(header.width(), header.height());
    RgbImage image =
        ImageIoReaders.read(ImageIoReaders.JDK, ImageFormat.BMP, header.stream(), limits, 3 + 4);
    return new StoredImage(image, Orientation.UPRIGHT, false);
  }

  private static StoredImage decodeTiff(byte[] file, DecodeLimits limits)
      throws IOException, MalformedImageException {
    TiffHeader header = TiffHeader.parse(file);
    limits.requireSize(header.width(), header.height());
    RgbImage image =
        ImageIoReaders.read(
            ImageIoReaders.TWELVE_MONKEYS,
            ImageFormat.TIFF,
            header.stream(),
            limits,
            3 + header.pixelBytes());
    return new StoredImage(image, header.orientation(), false);
  }

  private static StoredImage decodeWebp(byte[] file, DecodeLimits limits)
      throws MalformedImageException {
    WebpContainer container = WebpContainer.parse(file);
    int[] size = LibWebp.size(container.stream());
    boolean simple = container.width() == 0;
    int width = simple ? size[0] : container.width();
    int height = simple ? size[1] : container.height();
    limits.requireSize(width, height);
    boolean whole = size[0] == width && size[1] == height;
    boolean inside =
        container.left() + (long) size[0] <= width && container.top() + (long) size[1] <= height;
    if (!inside || !(whole || container.animated())) {
      throw new MalformedImageException("its frame does not fit its canvas");
    }
    limits.requireHeap(width, height, whole ? 3 : 6);
    RgbImage frame = LibWebp.decode(container.stream(), size[0], size[1]);
    RgbImage image = frame;
    if (!whole) {
      image = RgbImage.filled(width, height, RgbColor.BLACK);
      frame.copyInto(image.pixels(), width, container.left(), container.top());
    }
    return new StoredImage(image, ExifOrientation.of(container.exif()), container.animated());
  }
}
