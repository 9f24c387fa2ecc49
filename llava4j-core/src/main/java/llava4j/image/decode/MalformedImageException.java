package llava4j.image.decode;

/// The bytes are no image. The message is the second half of a sentence ("it ends before ...");
/// [ImageDecoder] says which file.
final class MalformedImageException extends Exception {
  MalformedImageException(String message) {
    super(message);
  }
}
