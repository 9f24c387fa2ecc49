package llava4j.data.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import llava4j.error.BadInputException;
import llava4j.image.DecodeOptions;
import llava4j.image.DecodedImage;
import llava4j.image.ImageDecoder;
import llava4j.image.ImageFormat;

/// Decodes pictures as a training run would, each of them once. Safe for many threads.
final class PictureCheck {
  private static final int REMEMBERED = 1 << 20;
  private static final List<String> ENDINGS =
      List.of(".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".JPG", ".PNG");

  private final Path folder;
  private final Map<String, Verdict> known = new ConcurrentHashMap<>();

  /// @param size of a picture that can be used
  /// @param problem with it, whether it can be used or not
  record Verdict(Optional<PictureSize> size, Optional<Problem> problem, String detail) {}

  PictureCheck(Path folder) {
    this.folder = folder;
  }

  /// @param image path below the folder
  Verdict of(String image) {
    Verdict before = known.get(image);
    if (before != null) {
      return before;
    }
    Verdict verdict = decode(image);
    if (known.size() < REMEMBERED) {
      known.put(image, verdict);
    }
    return verdict;
  }

  private Verdict decode(String image) {
    try {
      Path file = folder.resolve(image).normalize();
      if (!Files.isRegularFile(file)) {
        return bad(Problem.PICTURE_MISSING, file + other(file));
      }
      DecodedImage decoded =
          ImageDecoder.decode(
              Files.readAllBytes(file), file.toString(), DecodeOptions.reference()); // as training
      return new Verdict(
          Optional.of(new PictureSize(decoded.image().width(), decoded.image().height())),
          fits(image, decoded.format()) ? Optional.empty() : Optional.of(Problem.PICTURE_MISNAMED),
          image + " is " + decoded.format());
    } catch (InvalidPathException e) {
      return bad(Problem.PICTURE_MISSING, "no usable path: " + e.getReason());
    } catch (BadInputException e) {
      return bad(Problem.PICTURE_UNREADABLE, e.getMessage());
    } catch (IOException e) {
      return bad(Problem.PICTURE_UNREADABLE, "cannot read " + image + ": " + e.getMessage());
    }
  }

  private static Verdict bad(Problem problem, String detail) {
    return new Verdict(Optional.empty(), Optional.of(problem), detail);
  }

  /// A picture of the same name and another ending, which is what such a path mostly means.
  private static String other(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String stem = dot < 0 ? name : name.substring(0, dot);
    return ENDINGS.stream()
        .map(ending -> stem + ending)
        .filter(other -> !stem.isEmpty() && Files.isRegularFile(file.resolveSibling(other)))
        .findFirst()
        .map(other -> " (but there is " + other + ")")
        .orElse("");
  }

  /// A name without a picture's ending promises nothing.
  private static boolean fits(String name, ImageFormat format) {
    String lower = name.toLowerCase(Locale.ROOT);
    String ending = lower.substring(lower.lastIndexOf('.') + 1);
    return switch (ending) {
      case "jpg", "jpeg" -> format == ImageFormat.JPEG;
      case "png" -> format == ImageFormat.PNG;
      case "gif" -> format == ImageFormat.GIF;
      case "bmp" -> format == ImageFormat.BMP;
      case "webp" -> format == ImageFormat.WEBP;
      case "tif", "tiff" -> format == ImageFormat.TIFF;
      default -> true;
    };
  }
}
