package llava4j.constraint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import llava4j.constraint.token.TokenTrie;

/// A small vocabulary: an end, every byte, and longer tokens that cross the borders of JSON's parts
/// and of characters.
final class Vocabulary {
  static final int END = 0;

  private static final List<String> LONGER =
      List.of(
          "{\"",
          "\":",
          "\": \"",
          "\",\"",
          "\", \"",
          "\"}",
          "\"},{",
          "}]",
          "}}",
          "[[",
          "]]",
          "[{",
          "true",
          "false",
          "null",
          "tru",
          "ull",
          "12",
          "123",
          "0.",
          "-1",
          "1e",
          "00",
          "  ",
          "    ",
          "\n  ",
          " \"",
          ", ",
          ": ",
          "the",
          "na",
          "name",
          "\"name\":",
          "ab",
          "abc",
          "aaa",
          "\\u",
          "\\\"",
          "\\n",
          "00e9",
          "\u00e9",
          "\u00e9t\u00e9",
          "\u20ac",
          "\uD83D\uDE00",
          "a\"",
          "\"a",
          "2024-",
          "-01",
          "x\":1}",
          "a\",\"b\":\"");

  private static final List<byte[]> TOKENS = tokens();
  private static final TokenTrie TRIE = TokenTrie.of(TOKENS, Set.of(END));

  private Vocabulary() {}

  private static List<byte[]> tokens() {
    List<byte[]> tokens = new ArrayList<>();
    tokens.add(null);
    for (int value = 0; value < 256; value++) {
      tokens.add(new byte[] {(byte) value});
    }
    LONGER.forEach(text -> tokens.add(text.getBytes(StandardCharsets.UTF_8)));
    tokens.add(new byte[] {(byte) 0xE2, (byte) 0x82});
    tokens.add(new byte[] {(byte) 0xAC, '"'});
    tokens.add(new byte[] {'a', (byte) 0xC3});
    return tokens;
  }

  static TokenTrie trie() {
    return TRIE;
  }

  static List<Integer> ids(long[] mask) {
    List<Integer> ids = new ArrayList<>();
    for (int id = 0; id < TRIE.size(); id++) {
      if ((mask[id >> 6] >>> id & 1) != 0) {
        ids.add(id);
      }
    }
    return ids;
  }

  /// Whether a text is allowed, byte by byte, and may end.
  static boolean allows(Constraint constraint, String text) {
    ConstraintState state = constraint.start(TRIE);
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      int id = 1 + (value & 0xFF);
      if ((state.allowed()[id >> 6] >>> id & 1) == 0) {
        return false;
      }
      state.accept(id);
    }
    return state.mayEnd() && (state.allowed()[0] & 1) != 0;
  }

  /// A text of tokens that are drawn evenly from those that are allowed; null if it does not end
  /// within some tokens.
  static String draw(Constraint constraint, Random random, int most) {
    return draw(constraint, random, null, most);
  }

  /// A text of tokens that a model draws from those that are allowed, or that are drawn evenly
  /// where there is no model; null if it does not end within some tokens.
  static String draw(Constraint constraint, Random random, RandomModel model, int most) {
    ConstraintState state = constraint.start(TRIE);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int i = 0; i < most; i++) {
      List<Integer> ids = ids(state.allowed());
      if (ids.isEmpty()) {
        throw new AssertionError(
            "nothing is allowed behind " + text.toString(StandardCharsets.UTF_8));
      }
      boolean end = ids.contains(END) && (ids.size() == 1 || random.nextInt(3) == 0);
      int id = end ? END : closing(ids, random, model, i);
      state.accept(id);
      if (id == END) {
        return text.toString(StandardCharsets.UTF_8);
      }
      text.writeBytes(TOKENS.get(id));
      if (model != null) {
        model.read(id);
      }
    }
    return null;
  }

  // the longer the text, the more often what brings it to an end
  private static int closing(List<Integer> ids, Random random, RandomModel model, int tokens) {
    if (random.nextInt(100) < tokens) {
      for (char one : "}]\"".toCharArray()) {
        if (ids.contains(1 + one)) {
          return 1 + one;
        }
      }
    }
    return model == null ? ids.get(random.nextInt(ids.size())) : model.next(ids);
  }

  static byte[] bytes(int id) {
    return TOKENS.get(id);
  }
}
