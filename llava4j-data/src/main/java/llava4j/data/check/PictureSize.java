package llava4j.data.check;

/// Pixels of a picture.
public record PictureSize(int width, int height) {}
