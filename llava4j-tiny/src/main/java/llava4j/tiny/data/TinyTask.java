package llava4j.tiny.data;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
  REFERRED,
  REGION;

  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// Questions with a fact for an answer, which a word, a letter or a sentence can tell.
  boolean isFact() {
    return compareTo(DIGITS) <= 0;
  }

  /// How much of the image question and answer tell: what comes later has less left to be looked
  /// for.
  int tells() {
    return switch (this) {
      case PRESENCE, KIND_OF, BACKGROUND, COUNT, TOTAL -> 0;
      case CATEGORY, COLOR, WHERE, HEIGHT -> 1;
      case NAME, SIDE, WORD, DIGITS, BOX, REFERRED, REGION, LANGUAGE -> 2;
      case CAPTION, DETAIL, FALSELY, JSON -> 3;
    };
  }

  /// What can be asked about a scene of this kind, each as often as it should be asked.
  static List<TinyTask> about(Scene.Kind kind) {
    Map<TinyTask, Integer> times =
        switch (kind) {
          case SINGLE ->
              Map.ofEntries(
                  Map.entry(NAME, 3),
                  Map.entry(CATEGORY, 3),
                  Map.entry(BACKGROUND, 2),
                  Map.entry(COLOR, 1),
                  Map.entry(PRESENCE, 5),
                  Map.entry(CAPTION, 1),
                  Map.entry(DETAIL, 1),
                  Map.entry(KIND_OF, 1),
                  Map.entry(LANGUAGE, 2),
                  Map.entry(FALSELY, 1),
                  Map.entry(JSON, 1),
                  Map.entry(BOX, 1),
                  Map.entry(REGION, 1));
          case SEVERAL ->
              Map.ofEntries(
                  Map.entry(SIDE, 3),
                  Map.entry(WHERE, 2),
                  Map.entry(HEIGHT, 2),
                  Map.entry(TOTAL, 1),
                  Map.entry(PRESENCE, 6),
                  Map.entry(BOX, 6),
                  Map.entry(REFERRED, 4),
                  Map.entry(REGION, 3),
                  Map.entry(CAPTION, 1),
                  Map.entry(DETAIL, 1),
                  Map.entry(FALSELY, 1),
                  Map.entry(JSON, 1),
                  Map.entry(BACKGROUND, 1));
          case COUNT -> Map.of(COUNT, 3, NAME, 2, PRESENCE, 2, BACKGROUND, 1, CAPTION, 1, JSON, 1);
          case SHAPES ->
              Map.of(
                  COLOR, 3, TOTAL, 1, SIDE, 1, WHERE, 1, HEIGHT, 1, PRESENCE, 1, BOX, 2, REGION, 1,
                  CAPTION, 1, JSON, 1);
          case WORD -> Map.of(WORD, 3, BACKGROUND, 1, CAPTION, 1);
          case DIGITS -> Map.of(DIGITS, 3, BACKGROUND, 1, CAPTION, 1);
          case MIXED -> Map.of();
        };
    return times.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .flatMap(entry -> Collections.nCopies(entry.getValue(), entry.getKey()).stream())
        .toList();
  }
}
