package llava4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llava4j.constraint.token.TokenTrie;
import llava4j.text.tokenizer.SentencePieceModel;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The tokens of a SentencePiece model as bytes.
final class MaskVocabulary {
  /// The id that ends a text.
  static final int END = 2;

  /// Keeps numbers as they are written.
  static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final List<Path> FILES =
      List.of(
          Path.of("../shared/golden/tokenizer/tokenizer.model"),
          Path.of("models/llava-tiny/tokenizer.model"));

  private final TokenTrie trie;
  private final Map<String, Integer> byBytes = new HashMap<>();
  private int longest;

  private MaskVocabulary(SentencePieceModel model) {
    List<byte[]> tokens = new ArrayList<>();
    for (SentencePieceModel.Piece piece : model.pieces()) {
      byte[] bytes =
          switch (piece.type()) {
            case NORMAL, USER_DEFINED ->
                piece.text().replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
            case BYTE -> new byte[] {(byte) Integer.parseInt(piece.text().substring(3, 5), 16)};
            default -> new byte[0];
          };
      if (bytes.length > 0) {
        byBytes.putIfAbsent(key(bytes, 0, bytes.length), tokens.size());
        longest = Math.max(longest, bytes.length);
      }
      tokens.add(bytes);
    }
    this.trie = TokenTrie.of(tokens, Set.of(END));
  }

  /// LLaVA's 32,000 tokens, or else those of the bundled model.
  static MaskVocabulary llava() {
    Path file = FILES.stream().filter(Files::exists).findFirst().orElseThrow();
    try {
      return new MaskVocabulary(
          SentencePieceModel.parse(Files.readAllBytes(file), file.toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TokenTrie trie() {
    return trie;
  }

  /// The ids of a text, each time the longest token that fits.
  List<Integer> tokens(byte[] text) {
    List<Integer> ids = new ArrayList<>();
    int at = 0;
    while (at < text.length) {
      Integer id = null;
      int length = Math.min(longest, text.length - at) + 1;
      while (id == null) {
        length--;
        id = byBytes.get(key(text, at, length));
      }
      ids.add(id);
      at += length;
    }
    return ids;
  }

  private static String key(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
  }

  /// JSON with its members in their order.
  static String text(JsonNode value, String comma, String colon) {
    if (value.isObject()) {
      List<String> members = new ArrayList<>();
      value
          .properties()
          .forEach(member ->
              members.add(
                  JSON.writeValueAsString(member.getKey())
                      + colon
                      + text(member.getValue(), comma, colon)));
      return "{" + String.join(comma, members) + "}";
    }
    if (value.isArray()) {
      List<String> items = new ArrayList<>();
      value.forEach(item -> items.add(text(item, comma, colon)));
      return "[" + String.join(comma, items) + "]";
    }
    return value.isNumber() ? value.numberValue().toString() : JSON.writeValueAsString(value);
  }
}
