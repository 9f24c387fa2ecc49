package llava4j.generate;

import java.util.Arrays;

/// Guesses the next tokens of an answer: where its last tokens stood before, in the prompt or in
/// the answer, the same tokens may follow (prompt lookup decoding). The model checks all guesses in
/// one pass and what it would not have said itself is dropped, so the answer stays the same; a
/// right guess saves a pass.
///
/// Guesses get longer while they are right. After a wrong one the next come later and later.
final class PromptLookup {
  /// Tokens that must have stood together before.
  private static final int ALIKE = 3;

  /// Tokens guessed at once.
  static final int MOST = 3;

  private static final int LONGEST_PAUSE = 32;

  private long[] tokens;
  private int length;
  private int guesses = 1;
  private int pause;
  private int nextPause = 1;

  /// @param prompt row keys of the prompt; image tokens are never guessed
  PromptLookup(long[] prompt) {
    this.tokens = Arrays.copyOf(prompt, prompt.length + 64);
    this.length = prompt.length;
  }

  /// Adds a token of the answer.
  void add(int id) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
    }
    tokens[length++] = id;
  }

  /// The guessed tokens, at most `limit`; often none.
  int[] guess(int limit) {
    if (pause > 0) {
      pause--;
      return new int[0];
    }
    int wanted = Math.min(limit, guesses);
    for (int end = length - 1; end >= ALIKE && wanted > 0; end--) {
      if (isAlike(end)) {
        return following(end, wanted);
      }
    }
    return new int[0];
  }

  /// Whether the tokens before `end` are the last ones.
  private boolean isAlike(int end) {
    for (int i = 1; i <= ALIKE; i++) {
      if (tokens[end - i] != tokens[length - i]) {
        return false;
      }
    }
    return true;
  }

  private int[] following(int from, int wanted) {
    int[] ids = new int[wanted];
    int count = 0;
    while (count < wanted && from + count < length && tokens[from + count] >= 0) {
      ids[count] = (int) tokens[from + count];
      count++;
    }
    return Arrays.copyOf(ids, count);
  }

  /// Learns from what became of a guess.
  void judge(int guessed, int right) {
    if (guessed == 0) {
      return;
    }
    if (right == guessed) {
      guesses = Math.min(MOST, guesses + 1);
      nextPause = 1;
    } else {
      guesses = 1;
      pause = nextPause;
      nextPause = Math.min(LONGEST_PAUSE, 2 * nextPause);
    }
  }
}
