package llava4j.data.tiny;

import java.util.List;
import java.util.Locale;

/// What is asked about scenes.
enum TinyTask {
  NAME,
  CATEGORY,
  BACKGROUND,
  COLOR,
  COUNT,
  TOTAL,
  PRESENCE,
  SIDE,
  WHERE,
  HEIGHT,
  WORD,
  DIGITS,
  CAPTION,
  DETAIL,
  KIND_OF,
  LANGUAGE,
  FALSELY,
  JSON,
  BOX,
  REGION;

  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// Questions with a fact for an answer, which a word, a letter or a sentence can tell.
  boolean isFact() {
    return compareTo(DIGITS) <= 0;
  }

  /// What can be asked about a scene of this kind; what matters most is there more than once.
  static List<TinyTask> about(Scene.Kind kind) {
    return switch (kind) {
      case SINGLE ->
          List.of(
              NAME,
              NAME,
              NAME,
              CATEGORY,
              BACKGROUND,
              COLOR,
              PRESENCE,
              PRESENCE,
              CAPTION,
              DETAIL,
              KIND_OF,
              LANGUAGE,
              FALSELY,
              JSON,
              BOX,
              REGION);
      case SEVERAL ->
          List.of(
              SIDE,
              SIDE,
              WHERE,
              HEIGHT,
              TOTAL,
              PRESENCE,
              PRESENCE,
              PRESENCE,
              BOX,
              BOX,
              BOX,
              REGION,
              REGION,
              CAPTION,
              DETAIL,
              FALSELY,
              JSON,
              BACKGROUND);
      case COUNT -> List.of(COUNT, COUNT, COUNT, NAME, PRESENCE, BACKGROUND, CAPTION, JSON);
      case SHAPES ->
          List.of(COLOR, COLOR, TOTAL, SIDE, WHERE, PRESENCE, BOX, REGION, CAPTION, JSON);
      case WORD -> List.of(WORD, WORD, WORD, BACKGROUND, CAPTION);
      case DIGITS -> List.of(DIGITS, DIGITS, DIGITS, CAPTION);
    };
  }
}
