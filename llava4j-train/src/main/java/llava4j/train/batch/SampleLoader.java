package llava4j.train.batch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import llava4j.config.LlavaConfig;
import llava4j.data.ImagePath;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.error.BadInputException;
import llava4j.image.PixelValues;
import llava4j.image.Preprocessor;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.ImageDecoder;
import llava4j.model.ImageEncoder;
import llava4j.train.batch.Batch.Image;
import llava4j.train.batch.Batch.Item;

/// Loads one sample: token ids, labels and the image, preprocessed for the vision tower. Images are
/// decoded as by the original code, which ignores the EXIF orientation (spec 2). Thread-safe.
public final class SampleLoader {
  private final SampleFile samples;
  private final ImagePath paths;
  private final LabelMasker masker;
  private final Preprocessor preprocessor;
  private final LlavaConfig config;
  private final LengthLimit limit;
  private final DecodeOptions decoding;

  /// @param maxLength maximum number of tokens of a sample, image tokens included
  /// @param maxPixels maximum number of pixels of its image
  public SampleLoader(
      SampleFile samples,
      Path imageFolder,
      LabelMasker masker,
      Preprocessor preprocessor,
      LlavaConfig config,
      int maxLength,
      long maxPixels) {
    this.samples = samples;
    this.paths = new ImagePath(imageFolder);
    this.masker = masker;
    this.preprocessor = preprocessor;
    this.config = config;
    this.limit = new LengthLimit(maxLength);
    this.decoding = DecodeOptions.reference().withMaxPixels(maxPixels);
  }

  /// Loads a sample.
  ///
  /// @param index of the sample in its file
  /// @throws BadInputException if the sample cannot be used; the message names it
  public Item load(int index) {
    Sample sample = samples.get(index);
    LabelledTokens tokens = limit.cut(masker.mask(sample));
    List<Image> images =
        sample.image().map(image -> List.of(image(sample, image))).orElse(List.of());
    List<int[]> rows =
        images.stream().map(image -> ImageEncoder.order(config, image.pixels().grid())).toList();
    requireSupervised(sample, tokens, rows);
    return new Item(index, sample, tokens, images);
  }

  private Image image(Sample sample, String image) {
    Path file = file(sample, image);
    if (!Files.isRegularFile(file)) {
      throw new BadSampleException(
          "sample '"
              + sample.id()
              + "': its image "
              + file
              + " does not exist"
              + paths.suggestionFor(image).map(there -> ", but " + there).orElse(""));
    }
    try {
      RgbImage decoded =
          ImageDecoder.decode(Files.readAllBytes(file), file.toString(), decoding).image();
      PixelValues pixels = preprocessor.process(decoded);
      return new Image(pixels, decoded.sha256());
    } catch (IOException | BadInputException e) {
      throw new BadSampleException(
          "sample '" + sample.id() + "': its image cannot be read: " + e.getMessage(), e);
    }
  }

  private Path file(Sample sample, String image) {
    try {
      return paths.resolve(image);
    } catch (InvalidPathException e) {
      throw new BadSampleException(
          "sample '" + sample.id() + "': its image is not a valid path: " + e.getReason(), e);
    }
  }

  private void requireSupervised(Sample sample, LabelledTokens tokens, List<int[]> rows) {
    if (limit.supervised(sample, tokens, rows) == 0) {
      throw new BadSampleException(
          "sample '"
              + sample.id()
              + "' has no supervised token within its first "
              + limit.rows()
              + " tokens (text and image), so its loss would be NaN");
    }
  }
}
