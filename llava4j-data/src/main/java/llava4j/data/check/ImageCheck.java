package llava4j.data.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import llava4j.data.ImagePath;
import llava4j.data.ImageSize;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.DecodedImage;
import llava4j.image.decode.ImageDecoder;
import llava4j.image.decode.ImageFormat;

/// Decodes images as in training, each image once. Thread-safe.
final class ImageCheck {
  private static final int REMEMBERED = 1 << 20;

  private final ImagePath paths;
  private final DecodeOptions options;
  private final Map<String, Result> known = new ConcurrentHashMap<>();

  /// @param size size of the image, if it can be used
  /// @param problem problem of the image, if there is one, whether the image can be used or not
  record Result(Optional<ImageSize> size, Optional<Problem> problem, String detail) {}

  /// @param folder folder that the image paths are relative to
  /// @param maxPixels maximum number of pixels of an image
  ImageCheck(Path folder, long maxPixels) {
    this.paths = new ImagePath(folder);
    this.options = DecodeOptions.reference().withMaxPixels(maxPixels);
  }

  /// @param image path relative to the folder
  /// @throws MemoryShortageException if the heap is too small to decode it
  Result of(String image) {
    Result cached = known.get(image);
    if (cached != null) {
      return cached;
    }
    Result result = decode(image);
    if (known.size() < REMEMBERED) {
      known.put(image, result);
    }
    return result;
  }

  private Result decode(String image) {
    try {
      Path file = paths.resolve(image);
      if (!Files.isRegularFile(file)) {
        String instead = paths.suggestionFor(image).map(there -> " (but " + there + ")").orElse("");
        return bad(Problem.IMAGE_MISSING, file + instead);
      }
      DecodedImage decoded =
          ImageDecoder.decode(Files.readAllBytes(file), file.toString(), options); // as training
      return new Result(
          Optional.of(new ImageSize(decoded.image().width(), decoded.image().height())),
          extensionMatches(image, decoded.format())
              ? Optional.empty()
              : Optional.of(Problem.IMAGE_MISNAMED),
          image + " is " + decoded.format());
    } catch (InvalidPathException e) {
      return bad(Problem.IMAGE_MISSING, "not a valid path: " + e.getReason());
    } catch (MemoryShortageException e) {
      throw e; // no fault of the image, which must not be dropped from a cleaned copy
    } catch (BadInputException e) {
      return bad(Problem.IMAGE_UNREADABLE, e.getMessage());
    } catch (IOException e) {
      return bad(Problem.IMAGE_UNREADABLE, "cannot read " + image + ": " + e.getMessage());
    }
  }

  private static Result bad(Problem problem, String detail) {
    return new Result(Optional.empty(), Optional.of(problem), detail);
  }

  /// Whether the file extension matches the format; a name without an image extension matches any
  /// format.
  private static boolean extensionMatches(String name, ImageFormat format) {
    String lower = name.toLowerCase(Locale.ROOT);
    String ending = lower.substring(lower.lastIndexOf('.') + 1);
    return switch (ending) {
      case "jpg", "jpeg" -> format == ImageFormat.JPEG;
      case "png" -> format == ImageFormat.PNG;
      case "gif" -> format == ImageFormat.GIF;
      case "bmp" -> format == ImageFormat.BMP;
      case "webp" -> format == ImageFormat.WEBP;
      case "tif", "tiff" -> format == ImageFormat.TIFF;
      case "jp2", "j2k", "jpx" -> format == ImageFormat.JPEG2000;
      case "pbm", "pgm", "ppm", "pnm" -> format == ImageFormat.PNM;
      case "tga" -> format == ImageFormat.TGA;
      case "ico" -> format == ImageFormat.ICO;
      default -> true;
    };
  }
}
