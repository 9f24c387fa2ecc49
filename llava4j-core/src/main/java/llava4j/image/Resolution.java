package llava4j.image;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import tools.jackson.databind.JsonNode;

/// A size in pixels, as in `image_grid_pinpoints`: width first.
public record Resolution(int width, int height) {
  private static final Pattern PAIR =
      Pattern.compile("[\\[(]\\s*(\\d{1,6})\\s*,\\s*(\\d{1,6})\\s*,?\\s*[\\])]");

  public Resolution {
    if (width < 1 || height < 1) {
      throw new BadInputException(
          "resolution "
              + width
              + "x"
              + height
              + " is not positive; give width and height in pixels");
    }
  }

  /// The five resolutions of LLaVA-1.6 for tiles of 336 pixels.
  public static List<Resolution> llava16() {
    return List.of(
        new Resolution(336, 672),
        new Resolution(672, 336),
        new Resolution(672, 672),
        new Resolution(1008, 336),
        new Resolution(336, 1008));
  }

  /// Reads `image_grid_pinpoints`: a list of pairs, or such a list written as a string.
  ///
  /// @throws BadInputException if it has another form
  public static List<Resolution> parsePinpoints(JsonNode value) {
    if (value.isString()) {
      return parsePinpoints(value.asString());
    }
    List<Resolution> resolutions = new ArrayList<>();
    if (value.isArray()) {
      for (JsonNode pair : value) {
        if (!pair.isArray() || pair.size() != 2 || !pair.get(0).isInt() || !pair.get(1).isInt()) {
          throw notPairs(value.toString());
        }
        resolutions.add(new Resolution(pair.get(0).asInt(), pair.get(1).asInt()));
      }
    }
    if (resolutions.isEmpty()) {
      throw notPairs(value.toString());
    }
    return List.copyOf(resolutions);
  }

  /// Reads the string form, such as `[(336, 672), [672, 336]]`.
  public static List<Resolution> parsePinpoints(String text) {
    List<Resolution> resolutions = new ArrayList<>();
    Matcher matcher = PAIR.matcher(text);
    while (matcher.find()) {
      resolutions.add(
          new Resolution(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))));
    }
    String rest = matcher.replaceAll("").replaceAll("[\\s,]", "");
    if (resolutions.isEmpty() || !(rest.equals("[]") || rest.equals("()"))) {
      throw notPairs(text);
    }
    return List.copyOf(resolutions);
  }

  private static BadInputException notPairs(String text) {
    return new BadInputException(
        "image_grid_pinpoints is "
            + (text.length() > 80 ? text.substring(0, 80) + "..." : text)
            + ", but it must be a list of [width, height] pairs, such as [[336, 672], [672, 336]]");
  }

  /// The candidate that keeps most of an image's pixels; among equal ones, that with the least
  /// padding; then the first (`select_best_resolution`).
  public static Resolution selectBest(int width, int height, List<Resolution> candidates) {
    Resolution best = null;
    long bestKept = -1;
    long bestWaste = Long.MAX_VALUE;
    for (Resolution candidate : candidates) {
      double scale = Math.min((double) candidate.width / width, (double) candidate.height / height);
      long scaledWidth = (long) (width * scale);
      long scaledHeight = (long) (height * scale);
      long kept = Math.min(scaledWidth * scaledHeight, (long) width * height);
      long waste = (long) candidate.width * candidate.height - kept;
      if (kept > bestKept || (kept == bestKept && waste < bestWaste)) {
        best = candidate;
        bestKept = kept;
        bestWaste = waste;
      }
    }
    if (best == null) {
      throw new BadInputException(
          "no resolutions to choose from; image_grid_pinpoints needs at least one pair");
    }
    return best;
  }
}
