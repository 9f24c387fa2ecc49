package llava4j.constraint;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import llava4j.constraint.automaton.Reader;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.token.TokenTrie;

/// A text that is being generated under a constraint. Not thread-safe; states of one constraint may
/// be used by different threads.
public final class ConstraintState {
  private static final int MOST_FORCED = 4096;

  private final TokenTrie trie;
  private final Reader reader;
  private boolean ended;

  ConstraintState(TokenTrie trie, Reader reader) {
    this.trie = trie;
    this.reader = reader;
  }

  /// The ids that may follow, as a bit mask: id `i` is bit `i % 64` of element `i / 64`. Ids that
  /// end a text are allowed only where it may end. All zero only behind such an id, or if the
  /// vocabulary has no token for what must follow.
  ///
  /// @throws ConstraintException if a limit is exceeded
  public long[] allowed() {
    return ended ? new long[trie.maskLength()] : reader.mask();
  }

  /// Takes in the id that was chosen.
  ///
  /// @throws ConstraintException if the id is not allowed, or a limit is exceeded; the state is as
  ///   before then
  public void accept(int id) {
    if (id < 0 || id >= trie.size()) {
      throw new ConstraintException(
          "the id "
              + id
              + " is not in the vocabulary of "
              + trie.size()
              + " tokens; pass an id of"
              + " the tokenizer");
    }
    boolean right;
    if (trie.isEnd(id)) {
      right = !ended && reader.mayEnd();
      ended |= right;
    } else {
      byte[] bytes = trie.bytes(id);
      right = !ended && bytes.length > 0 && reader.read(bytes);
    }
    if (!right) {
      throw new ConstraintException(
          "the id " + id + " is not allowed here; choose one that allowed() names");
    }
  }

  /// Whether the text may end here.
  public boolean mayEnd() {
    return ended || reader.mayEnd();
  }

  /// Whether the text can only end here.
  public boolean mustEnd() {
    return ended || reader.mustEnd();
  }

  /// The text that must follow whatever is chosen; empty if there is a choice. Its tokens need no
  /// model.
  ///
  /// @throws ConstraintException if a limit is exceeded
  public Optional<String> forced() {
    byte[] bytes = ended ? new byte[0] : reader.forced(MOST_FORCED);
    CharBuffer text = CharBuffer.allocate(bytes.length);
    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes), text, false);
    return text.position() == 0 ? Optional.empty() : Optional.of(text.flip().toString());
  }

  /// The same text, to be continued in another way.
  public ConstraintState copy() {
    ConstraintState copy = new ConstraintState(trie, reader.copy());
    copy.ended = ended;
    return copy;
  }
}
