package llava4j.tiny.data;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import llava4j.error.BadInputException;
import net.sf.extjwnl.JWNLException;
import net.sf.extjwnl.data.IndexWord;
import net.sf.extjwnl.data.POS;
import net.sf.extjwnl.data.PointerUtils;
import net.sf.extjwnl.data.Synset;
import net.sf.extjwnl.data.list.PointerTargetNode;
import net.sf.extjwnl.data.list.PointerTargetNodeList;
import net.sf.extjwnl.dictionary.Dictionary;

/// Definitions and kinds of nouns, from WordNet.
final class Glosses {
  private static final int LONGEST = 110;
  private final Dictionary dictionary;

  /// @param noun lower-case word
  /// @param gloss what it means, without examples
  /// @param kind what it is a kind of
  record Meaning(String noun, String gloss, Optional<String> kind) {}

  /// @param folder the unpacked package
  Glosses(Path folder) {
    try {
      this.dictionary =
          Dictionary.getFileBackedInstance(folder.resolve("usr/share/wordnet").toString());
    } catch (JWNLException e) {
      throw new BadInputException(
          folder + " holds no WordNet 3.0 (" + e.getMessage() + "); delete the unpacked folder", e);
    }
  }

  /// The meaning that belongs to a kind of thing, or the commonest.
  Optional<Meaning> of(String noun, String category) {
    try {
      IndexWord word = dictionary.getIndexWord(POS.NOUN, noun);
      if (word == null) {
        return Optional.empty();
      }
      for (Synset sense : word.getSenses()) {
        if (isKindOf(sense, category)) {
          return Optional.of(meaning(noun, sense));
        }
      }
      return Optional.of(meaning(noun, word.getSenses().get(0)));
    } catch (JWNLException e) {
      throw new BadInputException("WordNet cannot be read: " + e.getMessage(), e);
    }
  }

  /// The nouns that people use most, each with its commonest meaning.
  List<Meaning> commonest(int count) {
    record Counted(Meaning meaning, int uses) {}
    List<Counted> all = new ArrayList<>();
    try {
      Iterator<IndexWord> words = dictionary.getIndexWordIterator(POS.NOUN);
      while (words.hasNext()) {
        IndexWord word = words.next();
        String lemma = word.getLemma();
        if (!lemma.matches("[a-z]{3,12}") || word.getSenses().isEmpty()) {
          continue;
        }
        Synset sense = word.getSenses().get(0);
        int uses =
            sense.getWords().stream()
                .filter(one -> one.getLemma().equals(lemma))
                .mapToInt(one -> one.getUseCount())
                .sum();
        all.add(new Counted(meaning(lemma, sense), uses));
      }
    } catch (JWNLException e) {
      throw new BadInputException("WordNet cannot be read: " + e.getMessage(), e);
    }
    return all.stream()
        .filter(one -> one.meaning().gloss().length() <= LONGEST)
        .sorted(
            Comparator.comparingInt(Counted::uses)
                .reversed()
                .thenComparing(one -> one.meaning().noun()))
        .limit(count)
        .map(Counted::meaning)
        .toList();
  }

  private static Meaning meaning(String noun, Synset sense) throws JWNLException {
    String gloss = sense.getGloss();
    int end = gloss.indexOf("; \"");
    gloss = (end < 0 ? gloss : gloss.substring(0, end)).strip();
    gloss = gloss.replaceFirst("[;:.]+$", "");
    PointerTargetNodeList above = PointerUtils.getDirectHypernyms(sense);
    Optional<String> kind =
        above.isEmpty() ? Optional.empty() : Optional.of(lemma(above.getFirst()));
    return new Meaning(noun, gloss, kind);
  }

  /// Whether a sense says so itself, or anything above it is called so.
  private static boolean isKindOf(Synset sense, String category) throws JWNLException {
    if (List.of(sense.getGloss().split("\\W+", -1)).contains(category)) {
      return true;
    }
    Deque<Synset> above = new ArrayDeque<>(List.of(sense));
    Set<Long> seen = new HashSet<>();
    while (!above.isEmpty()) {
      Synset one = above.remove();
      if (one.getWords().stream().anyMatch(word -> word.getLemma().equals(category))) {
        return true;
      }
      for (PointerTargetNode node : PointerUtils.getDirectHypernyms(one)) {
        if (seen.add(node.getSynset().getOffset())) {
          above.add(node.getSynset());
        }
      }
    }
    return false;
  }

  private static String lemma(PointerTargetNode node) {
    return node.getSynset().getWords().getFirst().getLemma().toLowerCase(Locale.ROOT);
  }
}
