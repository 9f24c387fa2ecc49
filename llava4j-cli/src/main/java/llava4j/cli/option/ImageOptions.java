package llava4j.cli.option;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.decode.DecodedImage;
import llava4j.image.fetch.FetchPolicy;
import llava4j.image.fetch.ImageFetcher;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Options about images, which `ask` and `chat` share.
public final class ImageOptions {
  @Option(names = "--allow-url", description = "Allow images from public http and https addresses.")
  private boolean allowUrl;

  @Option(
      names = "--ignore-orientation",
      description = "Do not rotate images as their EXIF data says (as in training and evaluation).")
  private boolean ignoreOrientation;

  @Mixin private PixelLimit limit;

  /// Decodes several images.
  public List<RgbImage> decode(List<String> names, PrintWriter err) {
    List<RgbImage> images = new ArrayList<>();
    for (String name : names) {
      images.add(decode(name, err));
    }
    return images;
  }

  public RgbImage decode(String name, PrintWriter err) {
    FetchPolicy policy = allowUrl ? FetchPolicy.withUrls() : FetchPolicy.withoutUrls();
    DecodeOptions options =
        (ignoreOrientation ? DecodeOptions.reference() : DecodeOptions.defaults())
            .withMaxPixels(limit.pixels());
    ImageSource source = ImageSource.parse(name);
    DecodedImage decoded = new ImageFetcher(policy, System.in).decode(source, options);
    if (decoded.animated()) {
      err.println("llava: " + source.name() + " is animated; its first frame is used");
    }
    if (decoded.subsampling() > 1) {
      err.println(
          "llava: "
              + source.name()
              + " does not fit into Java's memory at full size; it is reduced by a factor of "
              + decoded.subsampling()
              + " (set a larger heap with LLAVA_JAVA_OPTS=-Xmx...)");
    }
    return decoded.image();
  }
}
