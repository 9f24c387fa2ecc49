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

/// Sizes from the heads of the images themselves; pixels are not decoded, and EXIF turns nothing,
/// as in training. An image that is not there has the size of the annotations.
public final class ImageFolder implements ImageSizes {
  private final Path folder;

  public ImageFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new BadInputException(folder + " is no folder of images; name one or leave it out");
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
        throw new BadInputException(file + " is no image; fetch it again");
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
          file + " cannot be read as an image: " + e.getMessage() + "; fetch it again", e);
    }
  }
}
