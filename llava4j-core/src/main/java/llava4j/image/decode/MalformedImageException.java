package llava4j.image.decode;

/// The bytes are not a valid image. The message is the second half of a sentence ("it ends before
/// ..."); [ImageDecoder] adds the file.
final class MalformedImageException extends Exception {
  MalformedImageException(String message) {
    super(message);
  }
}
