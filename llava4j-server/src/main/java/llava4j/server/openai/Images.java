package llava4j.server.openai;

import java.util.Optional;
import java.util.Set;
import llava4j.image.ImageSource;
import llava4j.server.request.Fields;
import llava4j.server.request.Refusal;

/// Reads where an image of a message is.
///
/// @param most images of one request
/// @param allowUrls whether they may come from http and https addresses
record Images(int most, boolean allowUrls) {

  /// @param field that the images stand in, for the message
  /// @throws Refusal if there are too many
  void requireFew(int count, String field) {
    if (count > most) {
      throw Refusal.tooManyImages(field, most);
    }
  }

  /// LLaVA-1.5 sees every image at one resolution.
  static void ignoreDetail(Fields fields) {
    Optional<String> detail = fields.text("detail");
    if (detail.isPresent() && !Set.of("auto", "low", "high", "original").contains(detail.get())) {
      String place = fields.path("detail");
      throw Refusal.badField(place, place + " must be auto, low, high or original; correct it");
    }
  }

  /// @param where the address stands in the body
  /// @throws Refusal if it is no data URI, and no address that may be used
  ImageSource source(String url, String where) {
    boolean data = url.regionMatches(true, 0, "data:", 0, 5);
    boolean address =
        url.regionMatches(true, 0, "http://", 0, 7) || url.regionMatches(true, 0, "https://", 0, 8);
    if (data) {
      return new ImageSource.OfDataUri(url);
    }
    if (!address) {
      throw Refusal.badField(
          where,
          where + " must be a data URI, such as data:image/png;base64,...; encode the image");
    }
    if (!allowUrls) {
      throw Refusal.badField(
          where,
          where
              + " is an address, and this server fetches none; send a data URI, or start it with --allow-url");
    }
    return ImageSource.parse(url);
  }
}
