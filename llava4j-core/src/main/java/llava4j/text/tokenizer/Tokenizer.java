package llava4j.text.tokenizer;

import java.util.OptionalInt;
import java.util.SortedMap;
import llava4j.error.BadInputException;

/// Converts text to token ids and back, with the same result as the Python tokenizer of the same
/// files. Thread-safe.
public sealed interface Tokenizer extends AutoCloseable
    permits SentencePieceTokenizer, JsonTokenizer {
  /// The placeholder of an image in a prompt.
  String IMAGE_PLACEHOLDER = "<image>";

  /// Ids of a text. Special tokens in the text, such as `</s>`, become their ids. Half a surrogate
  /// pair is read as U+FFFD.
  ///
  /// @param addBos whether to add the beginning-of-sequence id
  int[] encode(String text, boolean addBos);

  /// Ids of a text, with the beginning-of-sequence id if the tokenizer's files say so.
  default int[] encode(String text) {
    return encode(text, addsBos());
  }

  /// Text of ids. Invalid UTF-8 becomes U+FFFD; ids outside of the vocabulary are ignored.
  String decode(int[] ids, boolean skipSpecial);

  /// The bytes that an id adds to a text, anywhere but at its beginning (see [#dropsFirstBlank]).
  /// Empty for ids without text: special tokens, and ids outside of the vocabulary.
  ///
  /// @throws BadInputException if tokens of this vocabulary are no pieces of text
  byte[] bytes(int id);

  /// Whether a blank that begins the first token of a text is not part of the text.
  boolean dropsFirstBlank();

  /// A decoder for one stream of ids.
  StreamingDetokenizer streamingDetokenizer();

  /// Whether the tokenizer's files require the beginning-of-sequence id (`add_bos_token`).
  boolean addsBos();

  /// The beginning-of-sequence id; -1 if the vocabulary has none.
  int bosId();

  /// The id that ends an answer; -1 if there is none.
  int eosId();

  /// The id of unknown characters; -1 if the vocabulary covers everything.
  int unkId();

  /// The padding id, if it is not that of `<unk>`.
  OptionalInt padId();

  /// Number of ids in the vocabulary, without the rows with which Hugging Face pads the embedding
  /// table.
  int vocabularySize();

  /// Texts of the special and added tokens, with their ids.
  SortedMap<String, Integer> specialTokens();

  /// Whether the id is a special token, which is not decoded to text.
  default boolean isSpecial(int id) {
    return specialTokens().containsValue(id);
  }

  /// Whether a model may generate the id: tokens of the vocabulary and added tokens, but not
  /// padding rows of the embedding table and the image placeholder.
  boolean isGenerable(int id);

  /// The id of `<image>`, if the vocabulary has it.
  default OptionalInt imageTokenId() {
    Integer id = specialTokens().get(IMAGE_PLACEHOLDER);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The text with a blank after the first character of each special token and image placeholder in
  /// it, so that user input cannot end a turn or act as an image. A text without them is unchanged,
  /// so plain questions have the same ids as in the reference.
  default String neutralised(String userText) {
    String safe = userText.replace(IMAGE_PLACEHOLDER, "< image>");
    for (String token : specialTokens().keySet()) {
      if (token.length() > 1 && safe.contains(token)) {
        safe = safe.replace(token, token.charAt(0) + " " + token.substring(1));
      }
    }
    return safe;
  }

  @Override
  void close();
}
