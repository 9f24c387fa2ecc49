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

/// Makes a vocabulary of LLaMA's kind from texts: byte-pair encoding with byte fallback.
///
/// Pieces never join digits, punctuation or capitals: a word in capitals is spelled letter by
/// letter, so that a model can read words that it has never seen. Only phrases that the caller
/// names become pieces as a whole. The same texts and phrases make the same vocabulary, whatever
/// the order of the texts.
public final class BpeTrainer {
  /// Stands for a blank, as in SentencePiece.
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

  /// Makes one piece of a phrase that comes again and again word for word: it is one row of a model
  /// then instead of dozens (words joined across blanks, after arXiv 2503.13423).
  ///
  /// @param phrase a blank in front belongs to it; a later phrase may hold an earlier one
  /// @param times how often the phrase occurs
  public void addPhrase(String phrase, long times) {
    add(phrase.strip(), times);
    phrases.add(phrase.replace(' ', BLANK));
  }

  /// The vocabulary: `<unk>`, `<s>`, `</s>`, all bytes, the characters that are not rare, and as
  /// many joined pieces as there is room for; behind them those that phrases are joined from.
  ///
  /// @param size number of pieces, those of phrases not counted
  /// @throws BadInputException if there is no room for the characters, or nothing left to join
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

  /// What phrases are joined from, each from its beginning on, piece by piece.
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

  /// A text as byte-pair encoding cuts it: of all neighbours that can be joined, those that were
  /// joined first.
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

  /// The characters seen often enough, commonest first. A line break stays a byte, as in LLaMA's.
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

  /// Two neighbours.
  private record Pair(String left, String right) {
    String joined() {
      return left + right;
    }
  }

  /// Joins the commonest neighbours again and again.
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

    /// A pair as often as it was when it came into the queue.
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
                + " pieces; make the vocabulary smaller or bring more texts");
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
