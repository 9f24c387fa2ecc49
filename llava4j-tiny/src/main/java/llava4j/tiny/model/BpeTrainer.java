package llava4j.tiny.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.error.BadInputException;
import llava4j.text.tokenizer.SentencePieceModel;
import llava4j.text.tokenizer.SentencePieceModel.Piece;
import llava4j.text.tokenizer.SentencePieceModel.PieceType;

/// Trains a vocabulary like LLaMA's from texts: byte-pair encoding with byte fallback.
///
/// Digits, punctuation and capitals are never merged: a word in capitals is encoded letter by
/// letter, so that a model can read new words. Only phrases that the caller adds become single
/// pieces. The same texts and phrases give the same vocabulary, in any order of the texts.
public final class BpeTrainer {
  /// The sign for a blank, as in SentencePiece.
  private static final char BLANK = '\u2581';

  private static final Pattern WORD =
      Pattern.compile(BLANK + "?\\p{Lu}?\\p{Ll}+|" + BLANK + "|.", Pattern.DOTALL);
  private static final int NUM_BYTES = 256;
  private static final int RARE = 3;

  private final Map<String, Long> words = new HashMap<>();
  private final List<String> phrases = new ArrayList<>();

  /// Counts a text's words.
  ///
  /// @param times how often the text occurs
  public void add(String text, long times) {
    Matcher matcher = WORD.matcher(BLANK + text.replace(' ', BLANK));
    while (matcher.find()) {
      words.merge(matcher.group(), times, Long::sum);
    }
  }

  /// Adds a phrase that occurs often word for word as a single piece: it is one token then instead
  /// of dozens (merges across blanks, after arXiv 2503.13423).
  ///
  /// @param phrase a leading blank belongs to it; a later phrase may contain an earlier one
  /// @param times how often the phrase occurs
  public void addPhrase(String phrase, long times) {
    add(phrase.strip(), times);
    phrases.add(phrase.replace(' ', BLANK));
  }

  /// The vocabulary: `<unk>`, `<s>`, `</s>`, all bytes, the frequent characters, and merged pieces
  /// up to `size`; after them the pieces from which phrases are merged.
  ///
  /// @param size number of pieces, without those for phrases
  /// @throws BadInputException if there are too many characters, or too few pairs to merge
  public SentencePieceModel train(int size) {
    List<Piece> pieces = new ArrayList<>();
    pieces.add(new Piece("<unk>", 0, PieceType.UNKNOWN));
    pieces.add(new Piece("<s>", 0, PieceType.CONTROL));
    pieces.add(new Piece("</s>", 0, PieceType.CONTROL));
    for (int value = 0; value < NUM_BYTES; value++) {
      pieces.add(new Piece(String.format(Locale.ROOT, "<0x%02X>", value), 0, PieceType.BYTE));
    }
    List<String> alphabet = alphabet();
    int merges = size - pieces.size() - alphabet.size();
    if (merges < 0) {
      throw new BadInputException(
          "a vocabulary of "
              + size
              + " has no room for "
              + alphabet.size()
              + " characters and 259 fixed pieces; make it larger");
    }
    List<String> joined = new Merging(Set.copyOf(alphabet)).join(merges);
    int rank = 0;
    for (String piece : joined) {
      pieces.add(new Piece(piece, -rank++, PieceType.NORMAL));
    }
    for (String character : alphabet) {
      pieces.add(new Piece(character, -rank++, PieceType.NORMAL));
    }
    for (String piece : ofPhrases(joined)) {
      pieces.add(new Piece(piece, -rank++, PieceType.NORMAL));
    }
    return SentencePieceModel.of(pieces, true);
  }

  /// The pieces from which phrases are merged, each from its start on, piece by piece.
  private List<String> ofPhrases(List<String> joined) {
    Map<String, Integer> ranks = new HashMap<>();
    joined.forEach(piece -> ranks.put(piece, ranks.size()));
    List<String> added = new ArrayList<>();
    for (String phrase : phrases) {
      List<String> parts = encoded(phrase, ranks);
      String begun = parts.getFirst();
      for (String part : parts.subList(1, parts.size())) {
        begun += part;
        if (ranks.putIfAbsent(begun, ranks.size()) == null) {
          added.add(begun);
        }
      }
    }
    return added;
  }

  /// Splits a text with byte-pair encoding: the pair that was merged first in training is merged
  /// first.
  private static List<String> encoded(String text, Map<String, Integer> ranks) {
    List<String> parts = new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
    while (true) {
      int best = -1;
      int rank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int here = ranks.getOrDefault(parts.get(i) + parts.get(i + 1), Integer.MAX_VALUE);
        if (here < rank) {
          best = i;
          rank = here;
        }
      }
      if (best < 0) {
        return parts;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
  }

  /// The frequent characters, most frequent first. A line break stays a byte, as in LLaMA.
  private List<String> alphabet() {
    Map<String, Long> counts = new TreeMap<>();
    words.forEach((word, count) ->
        word.codePoints()
            .filter(character -> character != '\n')
            .forEach(character -> counts.merge(Character.toString(character), count, Long::sum)));
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() >= RARE)
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /// A pair of neighbours.
  private record Pair(String left, String right) {
    String joined() {
      return left + right;
    }
  }

  /// Merges the most frequent pair repeatedly.
  private final class Merging {
    private final List<List<String>> symbols = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();
    private final Map<Pair, Long> pairs = new HashMap<>();
    private final Map<Pair, Set<Integer>> places = new HashMap<>();
    private final PriorityQueue<Candidate> queue =
        new PriorityQueue<>(
            Comparator.comparingLong(Candidate::count)
                .reversed()
                .thenComparing(candidate -> candidate.pair().joined())
                .thenComparing(candidate -> candidate.pair().left()));

    /// A pair with its count at the time when it was queued.
    private record Candidate(Pair pair, long count) {}

    Merging(Set<String> alphabet) {
      new TreeMap<>(words)
          .forEach((word, count) -> {
            List<String> letters =
                new ArrayList<>(word.codePoints().mapToObj(Character::toString).toList());
            if (letters.size() > 1 && alphabet.containsAll(letters)) {
              symbols.add(letters);
              counts.add(count);
            }
          });
      for (int word = 0; word < symbols.size(); word++) {
        count(word, 1);
      }
      pairs.forEach((pair, count) -> queue.add(new Candidate(pair, count)));
    }

    List<String> join(int wanted) {
      Map<String, Boolean> joined = new LinkedHashMap<>();
      while (joined.size() < wanted && !queue.isEmpty()) {
        Candidate best = queue.poll();
        long now = pairs.getOrDefault(best.pair(), 0L);
        if (now != best.count()) {
          if (now >= RARE) {
            queue.add(new Candidate(best.pair(), now));
          }
          continue;
        }
        if (now < RARE) {
          break;
        }
        joined.put(best.pair().joined(), true);
        merge(best.pair());
      }
      if (joined.size() < wanted) {
        throw new BadInputException(
            "the texts give only "
                + joined.size()
                + " of "
                + wanted
                + " pieces; make the vocabulary smaller or give more texts");
      }
      return List.copyOf(joined.keySet());
    }

    private void merge(Pair pair) {
      for (int word : List.copyOf(places.getOrDefault(pair, Set.of()))) {
        count(word, -1);
        List<String> old = symbols.get(word);
        List<String> merged = new ArrayList<>();
        for (int i = 0; i < old.size(); i++) {
          boolean here =
              i + 1 < old.size()
                  && old.get(i).equals(pair.left())
                  && old.get(i + 1).equals(pair.right());
          merged.add(here ? pair.joined() : old.get(i));
          i += here ? 1 : 0;
        }
        symbols.set(word, merged);
        count(word, 1);
        for (int i = 0; i + 1 < merged.size(); i++) {
          Pair next = new Pair(merged.get(i), merged.get(i + 1));
          queue.add(new Candidate(next, pairs.get(next)));
        }
      }
      pairs.remove(pair);
      places.remove(pair);
    }

    private void count(int word, int sign) {
      List<String> parts = symbols.get(word);
      for (int i = 0; i + 1 < parts.size(); i++) {
        Pair pair = new Pair(parts.get(i), parts.get(i + 1));
        pairs.merge(pair, sign * counts.get(word), Long::sum);
        Set<Integer> where = places.computeIfAbsent(pair, _ -> new HashSet<>());
        if (sign > 0) {
          where.add(word);
        } else {
          where.remove(word);
        }
      }
    }
  }
}
