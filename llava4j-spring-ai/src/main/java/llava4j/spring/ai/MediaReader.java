package llava4j.spring.ai;

import java.io.InputStream;
import java.util.Locale;
import llava4j.error.BadInputException;
import llava4j.image.ImageSource;
import llava4j.image.RgbImage;
import llava4j.image.decode.DecodeOptions;
import llava4j.image.fetch.FetchPolicy;
import llava4j.image.fetch.ImageFetcher;
import org.springframework.ai.content.Media;

/// Media of a message as images. Thread-safe.
final class MediaReader {
  private final FetchPolicy policy;
  private final ImageFetcher fetcher;

  MediaReader(FetchPolicy policy) {
    this.policy = policy;
    this.fetcher = new ImageFetcher(policy, InputStream.nullInputStream());
  }

  /// @throws BadInputException if it is no image, or may not be fetched
  RgbImage read(Media media) {
    if (!media.getMimeType().getType().equals("image")) {
      throw new BadInputException(
          "media of type "
              + media.getMimeType()
              + " is not supported: LLaVA-1.5 reads text and images; leave it out");
    }
    return fetcher.decode(source(media), DecodeOptions.defaults()).image();
  }

  /// Bytes, an address, or a text, which is an address, a `data:` URI, or the bytes in base64.
  private ImageSource source(Media media) {
    if (media.getData() instanceof byte[] bytes) {
      return new ImageSource.OfBytes(media.getName(), bytes);
    }
    String text = media.getData().toString();
    String start = text.substring(0, Math.min(8, text.length())).toLowerCase(Locale.ROOT);
    if (start.startsWith("data:")) {
      return new ImageSource.OfDataUri(text);
    }
    if (start.indexOf(':') < 0) {
      return new ImageSource.OfDataUri("data:image/any;base64," + text);
    }
    if (!start.startsWith("http://") && !start.startsWith("https://")) {
      throw new BadInputException(
          "an image at '"
              + text
              + "' is not supported; pass the content of the file as a resource");
    }
    if (!policy.allowUrls()) {
      throw new BadInputException(
          "an image at an address is not supported; pass its content as a resource, or allow"
              + " addresses with fetchPolicy(FetchPolicy.withUrls()) or llava.allow-urls=true");
    }
    return ImageSource.parse(text);
  }
}
