package llava4j.tiny.data;

import java.awt.Color;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/// Colours that everybody names alike, with the room in which their name is right.
enum Hue {
  RED(0.985, 1.01, 0.75, 1, 0.7, 0.95),
  ORANGE(0.07, 0.095, 0.85, 1, 0.92, 1),
  YELLOW(0.145, 0.165, 0.75, 1, 0.9, 1),
  GREEN(0.29, 0.38, 0.55, 1, 0.45, 0.8),
  BLUE(0.58, 0.65, 0.6, 1, 0.6, 1),
  PURPLE(0.76, 0.8, 0.5, 0.9, 0.45, 0.75),
  PINK(0.9, 0.94, 0.3, 0.5, 0.95, 1),
  BROWN(0.055, 0.075, 0.6, 0.8, 0.35, 0.5),
  WHITE(0, 1, 0, 0.02, 0.97, 1),
  GRAY(0, 1, 0, 0.03, 0.45, 0.65),
  BLACK(0, 1, 0, 0.1, 0, 0.1);

  private final double hueFrom;
  private final double hueTo;
  private final double saturationFrom;
  private final double saturationTo;
  private final double brightnessFrom;
  private final double brightnessTo;

  Hue(
      double hueFrom,
      double hueTo,
      double saturationFrom,
      double saturationTo,
      double brightnessFrom,
      double brightnessTo) {
    this.hueFrom = hueFrom;
    this.hueTo = hueTo;
    this.saturationFrom = saturationFrom;
    this.saturationTo = saturationTo;
    this.brightnessFrom = brightnessFrom;
    this.brightnessTo = brightnessTo;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// A colour of this name.
  Color any(RandomGenerator random) {
    return Color.getHSBColor(
        between(random, hueFrom, hueTo),
        between(random, saturationFrom, saturationTo),
        between(random, brightnessFrom, brightnessTo));
  }

  static Hue random(RandomGenerator random) {
    List<Hue> all = List.of(values());
    return all.get(random.nextInt(all.size()));
  }

  /// Another one.
  static Hue otherThan(Hue taken, RandomGenerator random) {
    Hue other = random(random);
    while (other == taken) {
      other = random(random);
    }
    return other;
  }

  private static float between(RandomGenerator random, double low, double high) {
    return (float) (low + random.nextDouble() * (high - low));
  }
}
