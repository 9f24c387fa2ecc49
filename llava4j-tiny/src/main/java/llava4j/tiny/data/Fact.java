package llava4j.tiny.data;

import java.util.List;

/// A question with an answer that is right.
///
/// @param about what of the image it asks about, such as a thing's name; empty for the whole
/// @param brief the answer in a word or phrase
/// @param sentence the answer as a sentence
/// @param others wrong answers that could be right elsewhere
record Fact(
    TinyTask task,
    String about,
    String question,
    String brief,
    String sentence,
    List<String> others) {
  Fact {
    others = List.copyOf(others);
  }
}
