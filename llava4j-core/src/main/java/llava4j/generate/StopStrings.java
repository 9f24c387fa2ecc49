package llava4j.generate;

import java.util.List;

/// Searches a stream of text for stop strings, and holds back text that may become one.
final class StopStrings {
  private final List<String> stops;
  private final boolean keep;
  private String held = "";
  private boolean found;

  StopStrings(List<String> stops, boolean keep) {
    this.stops = stops;
    this.keep = keep;
  }

  /// The text that cannot be part of a stop string any more; if a stop string is complete, the text
  /// before it.
  String accept(String piece) {
    String text = held + piece;
    int at = -1;
    String first = "";
    for (String stop : stops) {
      int place = text.indexOf(stop);
      if (place >= 0 && (at < 0 || place < at)) {
        at = place;
        first = stop;
      }
    }
    if (at >= 0) {
      found = true;
      held = "";
      return text.substring(0, keep ? at + first.length() : at);
    }
    int safe = text.length() - longestBeginning(text);
    held = text.substring(safe);
    return text.substring(0, safe);
  }

  boolean found() {
    return found;
  }

  /// The text that was held back, if no stop string followed.
  String finish() {
    String rest = held;
    held = "";
    return rest;
  }

  /// Length of the longest suffix of `text` that is a prefix of a stop string.
  private int longestBeginning(String text) {
    int longest = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, text.length()); length > longest; length--) {
        if (text.endsWith(stop.substring(0, length))) {
          longest = length;
        }
      }
    }
    return longest;
  }
}
