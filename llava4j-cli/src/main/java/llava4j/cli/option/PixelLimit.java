package llava4j.cli.option;

import java.util.OptionalLong;
import llava4j.image.decode.DecodeOptions;
import picocli.CommandLine.Option;

/// The size limit of images: an option of all commands that decode images.
public final class PixelLimit {
  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      description =
          "Refuse images with more pixels. Default: " + DecodeOptions.DEFAULT_MAX_PIXELS + ".")
  private Long maxPixels;

  /// The value on the command line.
  public OptionalLong asked() {
    return maxPixels == null ? OptionalLong.empty() : OptionalLong.of(maxPixels);
  }

  /// The value on the command line, or else the default.
  public long pixels() {
    return asked().orElse(DecodeOptions.DEFAULT_MAX_PIXELS);
  }
}
