package llava4j.tiny.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import llava4j.error.BadInputException;
import llava4j.text.tokenizer.SentencePieceModel;
import llava4j.text.tokenizer.SentencePieceTokenizer;
import llava4j.text.tokenizer.Tokenizer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/// A vocabulary made from texts.
class BpeTrainerTest {
  private static final List<String> TEXTS =
      List.of(
          "the cat sat on the mat",
          "the cat and the hat",
          "A cat is at [0.25, 0.5].",
          "Bats and rats sat. STOP at 42!",
          "that is that\nand this is this");

  @Test
  void joinsTheCommonestNeighboursFirst() {
    BpeTrainer trainer = new BpeTrainer();
    trainer.add("ab ab ab ab ac", 10);
    List<String> pieces =
        trainer.train(259 + 4 + 3).pieces().stream()
            .map(SentencePieceModel.Piece::text)
            .skip(259)
            .toList();
    // neighbours: blank-a 50, a-b 40, a-c 10; then blank-a with b 40, with c 10
    assertThat(pieces).startsWith("\u2581a", "\u2581ab", "\u2581ac");
    assertThat(pieces).endsWith("a", "\u2581", "b", "c");
  }

  @Test
  void theOrderOfTextsDoesNotMatter() {
    List<String> shuffled = new ArrayList<>(TEXTS);
    Collections.shuffle(shuffled, new Random(5));
    assertThat(trained(shuffled)).isEqualTo(trained(TEXTS));
  }

  @Test
  void capitalsDigitsAndPunctuationStaySingle() {
    for (SentencePieceModel.Piece piece : trained(TEXTS).pieces()) {
      if (piece.type() == SentencePieceModel.PieceType.NORMAL && piece.text().length() > 1) {
        assertThat(piece.text()).matches("\u2581?\\p{Lu}?\\p{Ll}*").isNotEqualTo("\u2581\u2581");
      }
    }
    try (Tokenizer tokenizer = tokenizer(trained(TEXTS))) {
      assertThat(tokenizer.encode("STOP", false)).hasSize(5); // the blank in front too
    }
  }

  @Test
  void phrasesAreOnePieceWhereverTheyStand() {
    BpeTrainer trainer = new BpeTrainer();
    TEXTS.forEach(text -> trainer.add(text, 10));
    List<String> phrases = List.of(" USER:", " Say it in a word.", " Say it in full. USER:", "[0.");
    phrases.forEach(phrase -> trainer.addPhrase(phrase, 10));
    try (Tokenizer tokenizer = tokenizer(trainer.train(259 + 60))) {
      // the tokenizer puts the blank in front
      assertThat(tokenizer.encode("USER:", false)).hasSize(1);
      assertThat(tokenizer.encode("Say it in a word.", false)).hasSize(1);
      assertThat(tokenizer.encode("Say it in full. USER:", false)).hasSize(1);
      assertThat(tokenizer.encode("Say it in a word. USER: Say it in full. USER:", false))
          .hasSize(3);
      int alone = tokenizer.encode("cat", false).length;
      assertThat(tokenizer.encode("USER: cat USER:", false)).hasSize(2 + alone);
      assertThat(tokenizer.encode("x[0.5", false)).hasSize(1 + 1 + 1 + 1); // blank, x, [0., 5
      assertThat(
              tokenizer.decode(tokenizer.encode("at: Say it in a word. USER: that", false), true))
          .isEqualTo("at: Say it in a word. USER: that");
    }
  }

  /// SentencePiece writes a blank as U+2581, and so reads that sign as a blank.
  @Property(tries = 300)
  void everyTextComesBack(@ForAll String text) {
    String sound = withoutHalves(text).replace("\0", "").replace('\u2581', '_');
    try (Tokenizer tokenizer = tokenizer(trained(TEXTS))) {
      int[] ids = tokenizer.encode("x" + sound, false);
      assertThat(tokenizer.decode(ids, true)).isEqualTo("x" + sound);
    }
  }

  /// The text with U+FFFD for each half surrogate pair, as tokenizers read it.
  private static String withoutHalves(String text) {
    int[] sound =
        text.codePoints()
            .map(point -> Character.getType(point) == Character.SURROGATE ? 0xFFFD : point)
            .toArray();
    return new String(sound, 0, sound.length);
  }

  @Test
  void asksForMoreTextOrMoreRoom() {
    BpeTrainer trainer = new BpeTrainer();
    TEXTS.forEach(text -> trainer.add(text, 10));
    assertThatThrownBy(() -> trainer.train(260))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no room");
    assertThatThrownBy(() -> trainer.train(5000))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("more texts");
  }

  private static SentencePieceModel trained(List<String> texts) {
    BpeTrainer trainer = new BpeTrainer();
    texts.forEach(text -> trainer.add(text, 10));
    return trainer.train(308);
  }

  private static Tokenizer tokenizer(SentencePieceModel model) {
    return new SentencePieceTokenizer(
        model,
        new SentencePieceTokenizer.Settings(
            true, 1, 2, OptionalInt.empty(), new TreeMap<>(), Map.of(), true));
  }
}
