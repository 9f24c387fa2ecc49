package llava4j.text.tokenizer;

import java.util.OptionalInt;
import java.util.SortedMap;

/// Text to token ids and back, exactly as the Python tokenizer of the same files. Safe for use by
/// many threads.
public sealed interface Tokenizer extends AutoCloseable
    permits SentencePieceTokenizer, JsonTokenizer {
  /// Stands for an image in a prompt.
  String IMAGE_PLACEHOLDER = "<image>";

  /// Ids of a text. Special tokens spelled out in it, such as `</s>`, become their ids. Half
  /// surrogate pairs, which are no text, count as U+FFFD.
  ///
  /// @param addBos put the beginning-of-sequence id first
  int[] encode(String text, boolean addBos);

  /// Ids of a text, with the beginning-of-sequence id in front if the tokenizer's files say so.
  default int[] encode(String text) {
    return encode(text, addsBos());
  }

  /// Text of ids. Bytes that are no UTF-8 become U+FFFD, ids outside the vocabulary nothing.
  String decode(int[] ids, boolean skipSpecial);

  /// A decoder for one stream of ids.
  StreamingDetokenizer streamingDetokenizer();

  /// Whether the tokenizer's files want the beginning-of-sequence id in front (`add_bos_token`).
  boolean addsBos();

  /// The beginning-of-sequence id; -1 if the vocabulary has none.
  int bosId();

  /// The id that ends an answer; -1 if the tokenizer's files name none.
  int eosId();

  /// The id of what the vocabulary cannot spell; -1 if it can spell everything.
  int unkId();

  /// The padding id, if the model has one apart from `<unk>`.
  OptionalInt padId();

  /// Number of ids that stand for text: the rows that Hugging Face pads the embedding with are not
  /// counted.
  int vocabularySize();

  /// Spellings of the special and added tokens with their ids.
  SortedMap<String, Integer> specialTokens();

  /// Whether the id is a special token, which gives no text.
  default boolean isSpecial(int id) {
    return specialTokens().containsValue(id);
  }

  /// Whether a model may generate the id: a token of the vocabulary, or one added to it. Rows that
  /// pad an embedding, and the image's placeholder, stand for no text.
  boolean isGenerable(int id);

  /// The id of `<image>` in vocabularies that have one.
  default OptionalInt imageTokenId() {
    Integer id = specialTokens().get(IMAGE_PLACEHOLDER);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The text with every special token and image placeholder in it broken by a space behind its
  /// first character, so that what a user types cannot end a turn or claim an image. A text without
  /// them stays as it is, so plain questions keep the reference's ids.
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
