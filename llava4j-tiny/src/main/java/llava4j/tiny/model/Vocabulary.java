package llava4j.tiny.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.text.ResponseFormat;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.SentencePieceModel;

/// The vocabulary of a new model: the words of its training data, and single pieces for phrases
/// that are the same in all conversations.
public final class Vocabulary {
  private static final int AS_OFTEN_AS_WORDS = 1000;

  private Vocabulary() {}

  /// Trains the vocabulary.
  ///
  /// @param files sample files whose texts it is made from
  /// @param size number of pieces, without those for recurring phrases
  /// @throws llava4j.error.BadInputException if a file cannot be read, or has too few words
  public static SentencePieceModel of(List<Path> files, int size) {
    BpeTrainer trainer = new BpeTrainer();
    recurring().forEach(phrase -> trainer.addPhrase(phrase, AS_OFTEN_AS_WORDS));
    for (Path file : files) {
      try (SampleFile samples = SampleFile.open(file)) {
        for (int i = 0; i < samples.size(); i++) {
          Sample sample = samples.get(i);
          sample.turns().forEach(turn -> trainer.add(turn.text(), 1));
        }
      }
    }
    return trainer.train(size);
  }

  /// Phrases that are the same in all conversations of the mixture.
  private static List<String> recurring() {
    ConversationTemplate template = ConversationTemplate.VICUNA_V1;
    String user = " " + template.userRole() + ":";
    List<String> phrases = new ArrayList<>();
    phrases.add(user);
    phrases.add(" " + template.assistantRole() + ":");
    phrases.add(" " + template.system() + user);
    for (ResponseFormat format : List.of(ResponseFormat.SHORT, ResponseFormat.LETTER)) {
      phrases.add(format.instruction());
    }
    phrases.addAll(List.of(" [0.", ", 0.")); // boxes
    for (String request : List.of(FormatPrompt.REGION.strip(), FormatPrompt.BOX.strip())) {
      phrases.add(request); // after an image, on a line of its own
      phrases.add(" " + request);
    }
    return phrases;
  }
}
