package llava4j.image.decode;

/// The size in the header of a JPEG stream within another file.
///
/// @param width in pixels
/// @param height in pixels
record JpegFrame(int width, int height) {

  /// Looks for the frame header of the stream between two bytes.
  ///
  /// @throws MalformedImageException if there is none
  static JpegFrame find(byte[] file, int start, int end) throws MalformedImageException {
    int at = start + 2;
    while (at + 9 < end) {
      int marker = file[at + 1] & 0xFF;
      if (file[at] != (byte) 0xFF || marker == 0xDA || marker == 0xD9) {
        break;
      }
      if (marker == 0xFF) {
        at++;
        continue;
      }
      if (JpegHeader.isFrame(marker)) {
        return new JpegFrame(
            JpegHeader.unsignedShort(file, at + 7), JpegHeader.unsignedShort(file, at + 5));
      }
      at += 2 + JpegHeader.unsignedShort(file, at + 2);
    }
    throw new MalformedImageException("a part of it is not a JPEG stream");
  }
}
