package llava4j.constraint.automaton;

import java.util.Arrays;
import llava4j.constraint.limit.Deadline;
import llava4j.constraint.regex.RegexPool;
import llava4j.constraint.token.TokenTrie;

/// Which tokens a leaf allows by itself, whatever follows it.
///
/// @param inner bit mask of the tokens that begin here and end within the leaf or with it
/// @param words numbers of the longs of `inner` that are not zero
/// @param exits nodes of the trie at which the leaf may end while tokens go on
record LeafMask(TokenTrie trie, long[] inner, int[] words, int[] exits) {

  /// What any JSON string allows: tokens that stay within it, and nodes at which it ends.
  private record AnyString(long[] inside, int[] closing) {}

  static LeafMask of(Leaf leaf, Machine machine) {
    TokenTrie trie = machine.trie();
    return leaf.isFreeString(trie.deepest()) ? free(leaf, trie) : walk(leaf, machine);
  }

  void addTo(long[] mask) {
    for (int word : words) {
      mask[word] |= inner[word];
    }
  }

  private static LeafMask walk(Leaf leaf, Machine machine) {
    TokenTrie trie = machine.trie();
    long[] inner = new long[trie.maskLength()];
    int[] exits = new int[16];
    int count = 0;
    Leaf[] path = new Leaf[trie.deepest() + 1];
    path[0] = leaf;
    Deadline deadline = machine.deadline();
    int node = 1;
    while (node < trie.nodes()) {
      int depth = trie.depth(node);
      Leaf next = path[depth - 1].next(trie.label(node));
      if (next == null) {
        node = trie.end(node);
        deadline.check();
        continue;
      }
      trie.addTokens(node, inner);
      if (next.isAccepting() && trie.hasChildren(node)) {
        exits = count == exits.length ? Arrays.copyOf(exits, 2 * count) : exits;
        exits[count++] = node;
      }
      path[depth] = next;
      node = next.isFinished() ? trie.end(node) : node + 1;
      deadline.check();
    }
    machine.checkSize();
    return packed(trie, inner, Arrays.copyOf(exits, count));
  }

  private static LeafMask packed(TokenTrie trie, long[] inner, int[] exits) {
    int[] words = new int[inner.length];
    int count = 0;
    for (int i = 0; i < inner.length; i++) {
      if (inner[i] != 0) {
        words[count++] = i;
      }
    }
    return new LeafMask(trie, inner, Arrays.copyOf(words, count), exits);
  }

  private static LeafMask free(Leaf leaf, TokenTrie trie) {
    AnyString any = trie.shared(AnyString.class, () -> anyString(trie));
    long[] inner = any.inside().clone();
    int[] exits = new int[any.closing().length];
    int count = 0;
    for (int node : any.closing()) {
      Leaf at = leaf;
      for (byte value : trie.path(node)) {
        at = at == null ? null : at.next(value & 0xFF);
      }
      if (at != null) {
        trie.addTokens(node, inner);
        if (trie.hasChildren(node)) {
          exits[count++] = node;
        }
      }
    }
    return packed(trie, inner, Arrays.copyOf(exits, count));
  }

  private static AnyString anyString(TokenTrie trie) {
    Leaf start = new Leaves().string(new RegexPool(100).any()).next('"');
    long[] inside = new long[trie.maskLength()];
    int[] closing = new int[trie.nodes()];
    int count = 0;
    Leaf[] path = new Leaf[trie.deepest() + 1];
    path[0] = start;
    int node = 1;
    while (node < trie.nodes()) {
      int depth = trie.depth(node);
      Leaf next = path[depth - 1].next(trie.label(node));
      if (next == null || next.isFinished()) {
        if (next != null) {
          closing[count++] = node;
        }
        node = trie.end(node);
        continue;
      }
      trie.addTokens(node, inside);
      path[depth] = next;
      node++;
    }
    return new AnyString(inside, Arrays.copyOf(closing, count));
  }
}
