package llava4j.image.decode;

import llava4j.image.RgbImage;

/// Decodes PBM, PGM and PPM, raw (P4, P5, P6) and as text (P1, P2, P3). We have our own decoder,
/// because TwelveMonkeys' plug-in is not released any more, and scales values with a maximum other
/// than 255 differently from Pillow.
final class PnmDecoder {
  private final byte[] file;
  private int at = 2;

  private PnmDecoder(byte[] file) {
    this.file = file;
  }

  static StoredImage decode(byte[] file, DecodeLimits limits) throws MalformedImageException {
    return new StoredImage(new PnmDecoder(file).read(limits), Orientation.UPRIGHT, false);
  }

  private RgbImage read(DecodeLimits limits) throws MalformedImageException {
    int kind = file[1] - '0';
    boolean text = kind <= 3;
    boolean bits = kind == 1 || kind == 4;
    int samples = kind == 3 || kind == 6 ? 3 : 1;
    int width = number();
    int height = number();
    int largest = bits ? 1 : number();
    limits.requireSize(width, height);
    if (largest < 1 || largest > 65_535) {
      throw new MalformedImageException("its largest value is " + largest);
    }
    int sampleBytes = largest > 255 ? 2 : 1;
    at++; // one blank
    long rowBytes = bits ? (width + 7L) / 8 : (long) width * samples * sampleBytes;
    long left = file.length - (long) at;
    if (left < (text ? (long) width * height * samples : rowBytes * height)) {
      throw new MalformedImageException("it is cut short");
    }
    limits.requireHeap(width, height, 3);
    byte[] pixels = new byte[width * height * 3];
    boolean saturated =
        samples == 1
            && sampleBytes == 2
            && limits.options().grey16() == DecodeOptions.Grey16.SATURATE;
    int out = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          if (c < samples) {
            int value =
                text ? textSample(bits) : bits ? bit(y, x, (int) rowBytes) : raw(sampleBytes);
            if (bits) {
              value = 1 - value;
            } else if (text && value > largest) {
              throw new MalformedImageException("it has a value above its largest");
            }
            pixels[out] = scaled(Math.min(value, largest), largest, saturated);
          } else {
            pixels[out] = pixels[out - 1];
          }
          out++;
        }
      }
    }
    return new RgbImage(width, height, pixels);
  }

  /// As in Pillow: 16-bit grey is scaled to 65535 and then clipped or shifted, all other values are
  /// scaled to 255.
  private static byte scaled(int value, int largest, boolean saturated) {
    if (saturated) {
      return (byte) Math.min(255, Math.rint(value * 65_535.0 / largest));
    }
    return (byte) Math.rint(value * 255.0 / largest);
  }

  private int raw(int bytes) {
    int value = file[at++] & 0xFF;
    return bytes == 1 ? value : value << 8 | (file[at++] & 0xFF);
  }

  private int bit(int y, int x, int rowBytes) {
    return (file[at + y * rowBytes + x / 8] >> (7 - x % 8)) & 1;
  }

  /// In PBM's text form, digits may follow each other without blanks.
  private int textSample(boolean bit) throws MalformedImageException {
    if (!bit) {
      return number();
    }
    skipBlanks();
    int digit = next() - '0';
    if (digit != 0 && digit != 1) {
      throw new MalformedImageException("it has a bit that is neither 0 nor 1");
    }
    return digit;
  }

  private int number() throws MalformedImageException {
    skipBlanks();
    int value = 0;
    int digits = 0;
    while (at < file.length && file[at] >= '0' && file[at] <= '9') {
      value = value * 10 + file[at++] - '0';
      if (++digits > 9) {
        throw new MalformedImageException("it has a number of more than nine digits");
      }
    }
    if (digits == 0) {
      throw new MalformedImageException(
          at >= file.length ? "it is cut short" : "it has text where a number should be");
    }
    return value;
  }

  private void skipBlanks() {
    while (at < file.length && (file[at] <= ' ' || file[at] == '#')) {
      if (file[at] == '#') {
        while (at < file.length && file[at] != '\n' && file[at] != '\r') {
          at++;
        }
      } else {
        at++;
      }
    }
  }

  private int next() throws MalformedImageException {
    if (at >= file.length) {
      throw new MalformedImageException("it is cut short");
    }
    return file[at++];
  }
}
