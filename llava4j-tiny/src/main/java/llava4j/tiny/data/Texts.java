package llava4j.tiny.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import llava4j.data.Turn;
import llava4j.data.Turn.Speaker;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.error.BadInputException;
import tools.jackson.databind.json.JsonMapper;

/// Conversations without an image: definitions, kinds, translations, running text.
final class Texts {
  private static final int SENTENCES = 3;
  private static final int LONGEST = 320;

  private final Phrases phrases;
  private final List<Glosses.Meaning> nouns;
  private final List<Concept> concepts;
  private final Map<String, Glosses.Meaning> meanings;
  private final List<String> paragraphs;

  /// @param meanings of the concepts
  Texts(
      Phrases phrases,
      List<Glosses.Meaning> nouns,
      List<Concept> concepts,
      Map<String, Glosses.Meaning> meanings,
      List<String> paragraphs) {
    this.phrases = phrases;
    this.nouns = nouns;
    this.concepts = concepts;
    this.meanings = meanings;
    this.paragraphs = paragraphs;
  }

  List<Turn> turns(RandomGenerator random) {
    List<Turn> turns = new ArrayList<>();
    int exchanges = 1 + random.nextInt(3);
    for (int i = 0; i < exchanges; i++) {
      switch (random.nextInt(6)) {
        case 0, 1 -> define(nouns.get(random.nextInt(nouns.size())), turns, random);
        case 2 -> about(concepts.get(random.nextInt(concepts.size())), turns, random);
        case 3 -> kind(turns, random);
        case 4 -> translate(turns, random);
        default -> complete(turns, random);
      }
    }
    return turns;
  }

  private void define(Glosses.Meaning meaning, List<Turn> turns, RandomGenerator random) {
    String noun = meaning.noun();
    String article = English.article(noun) + " " + noun;
    say(
        turns,
        phrases.pick("define", random, "a", article, "thing", noun),
        English.capitalized(noun) + " means: " + meaning.gloss() + ".");
  }

  private void about(Concept concept, List<Turn> turns, RandomGenerator random) {
    Glosses.Meaning meaning = meanings.get(concept.name());
    if (meaning == null) {
      kind(turns, random);
      return;
    }
    say(
        turns,
        phrases.about("define", random, concept),
        English.capitalized(concept.withArticle())
            + " "
            + concept.verb()
            + " "
            + meaning.gloss()
            + ".");
  }

  private void kind(List<Turn> turns, RandomGenerator random) {
    Concept concept = concepts.get(random.nextInt(concepts.size()));
    Concept other = concepts.get(random.nextInt(concepts.size()));
    String category = random.nextBoolean() ? concept.category() : other.category();
    say(
        turns,
        phrases.about("kindof", random, concept, "word", category) + "\n" + FormatPrompt.SHORT,
        category.equals(concept.category()) ? "Yes" : "No");
  }

  private void translate(List<Turn> turns, RandomGenerator random) {
    Concept concept = concepts.get(random.nextInt(concepts.size()));
    Optional<String> named = concept.anyLanguage(random);
    if (named.isEmpty()) {
      kind(turns, random);
      return;
    }
    String code = named.get();
    String language =
        switch (code) {
          case "de" -> "German";
          case "fr" -> "French";
          case "es" -> "Spanish";
          case "it" -> "Italian";
          case "pt" -> "Portuguese";
          default -> "Dutch";
        };
    String question =
        random.nextBoolean()
            ? "What is the " + language + " word for " + concept.name() + "?"
            : "Translate " + concept.name() + " into " + language + ".";
    say(turns, question, English.capitalized(concept.names().get(code)));
  }

  private void complete(List<Turn> turns, RandomGenerator random) {
    String paragraph = paragraphs.get(random.nextInt(paragraphs.size()));
    int cut = paragraph.indexOf(' ', paragraph.length() / 3);
    say(
        turns,
        phrases.pick("complete", random, "word", paragraph.substring(0, cut)),
        paragraph.substring(cut + 1));
  }

  private static void say(List<Turn> turns, String question, String answer) {
    turns.add(new Turn(Speaker.HUMAN, question));
    turns.add(new Turn(Speaker.GPT, answer));
  }

  /// Short pieces of running text.
  ///
  /// @param folder the unpacked package
  static List<String> paragraphs(Path folder) {
    List<String> pieces = new ArrayList<>();
    JsonMapper json = new JsonMapper();
    try (Stream<Path> files = Files.list(folder.resolve("package/sotu/data"))) {
      for (Path file : files.filter(one -> one.toString().endsWith(".json")).sorted().toList()) {
        cut(json.readTree(file).path("text").asString(""), pieces);
      }
      cut(
          Files.readString(
              folder.resolve("package/moby-dick/data/data.txt"), StandardCharsets.UTF_8),
          pieces);
    } catch (IOException | tools.jackson.core.JacksonException e) {
      throw new BadInputException(
          folder + " cannot be read: " + e.getMessage() + "; delete the unpacked folder", e);
    }
    return pieces;
  }

  private static void cut(String text, List<String> pieces) {
    String[] sentences = text.replaceAll("\\s+", " ").split("(?<=[.!?]) ", -1);
    for (int i = 0; i + SENTENCES <= sentences.length; i += SENTENCES) {
      String piece = String.join(" ", List.of(sentences).subList(i, i + SENTENCES)).strip();
      if (piece.length() <= LONGEST && piece.length() > 40 && piece.matches("\\p{ASCII}+")) {
        pieces.add(piece);
      }
    }
  }
}
