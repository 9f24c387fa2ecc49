package llava4j.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import llava4j.constraint.token.TokenTrie;
import llava4j.text.tokenizer.Tokenizer;

/// A model's tokens by their bytes, for answers of a given form. Made when the first such answer is
/// asked for, and shared by all. Thread-safe.
final class ConstraintVocabulary {
  private final Tokenizer tokenizer;
  private final Set<Integer> eosIds;
  private final int rows;
  private TokenTrie first; // guarded by this
  private TokenTrie later; // guarded by this

  /// @param rows number of rows of the output head
  ConstraintVocabulary(Tokenizer tokenizer, Set<Integer> eosIds, int rows) {
    this.tokenizer = tokenizer;
    this.eosIds = eosIds;
    this.rows = rows;
  }

  /// The tokens as the first of an answer.
  synchronized TokenTrie first() {
    if (first == null) {
      first = tokenizer.dropsFirstBlank() ? trie(true) : later();
    }
    return first;
  }

  /// The tokens behind others.
  synchronized TokenTrie later() {
    if (later == null) {
      later = trie(false);
    }
    return later;
  }

  /// The text that a token adds.
  byte[] bytes(int id, boolean isFirst) {
    byte[] bytes = tokenizer.bytes(id);
    boolean dropped = isFirst && tokenizer.dropsFirstBlank() && bytes.length > 0 && bytes[0] == ' ';
    return dropped ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }

  boolean isEnd(int id) {
    return eosIds.contains(id);
  }

  private TokenTrie trie(boolean isFirst) {
    List<byte[]> tokens = new ArrayList<>();
    for (int id = 0; id < rows; id++) {
      tokens.add(tokenizer.isGenerable(id) ? bytes(id, isFirst) : new byte[0]);
    }
    return TokenTrie.of(tokens, eosIds);
  }
}
