package llava4j.data.mixture.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import llava4j.data.ImageSize;
import llava4j.data.mixture.rule.Incident;
import llava4j.error.BadInputException;

/// Reads image sizes from the headers of the image files; pixels are not decoded, and the EXIF
/// orientation is ignored, as in training. If an image does not exist, the size in the annotations
/// is used.
public final class ImageFolder implements ImageSizes {
  private final Path folder;

  /// @throws BadInputException if it is not a folder
  public ImageFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new BadInputException(
          folder + " is not a folder; choose the folder of the images, or omit it");
    }
    this.folder = folder;
  }

  @Override
  public ImageSize of(String image, ImageSize stated, ReadCounts counts) {
    Path file = folder.resolve(image);
    if (!Files.isRegularFile(file)) {
      counts.add(Incident.SIZE_FROM_ANNOTATIONS);
      return stated;
    }
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new BadInputException(file + " is not an image; download it again");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        return new ImageSize(reader.getWidth(0), reader.getHeight(0));
      } finally {
        reader.dispose();
      }
    } catch (IOException e) {
      throw new BadInputException(
          file + " cannot be read as an image: " + e.getMessage() + "; download it again", e);
    }
  }
}
