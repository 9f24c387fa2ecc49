package llava4j.constraint.token;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import llava4j.constraint.limit.ConstraintException;

/// The tokens of a vocabulary by their bytes, shared by all constraints of a model. Thread-safe.
///
/// Nodes are numbered in preorder: node 0 is the root, the descendants of a node are the numbers
/// behind it up to [#end].
public final class TokenTrie {
  private final List<byte[]> tokens;
  private final int[] endIds;
  private final byte[] labels;
  private final int[] parents;
  private final int[] depths;
  private final int[] ends;
  private final int[] firstToken;
  private final int[] sameBytes;
  private final int deepest;
  private final ConcurrentHashMap<Object, Object> shared = new ConcurrentHashMap<>();

  private TokenTrie(List<byte[]> tokens, int[] endIds) {
    this.tokens = tokens;
    this.endIds = endIds;
    this.sameBytes = new int[tokens.size()];
    Arrays.fill(sameBytes, -1);
    int[] order =
        IntStream.range(0, tokens.size())
            .filter(id -> tokens.get(id).length > 0)
            .boxed()
            .sorted(Comparator.comparing(tokens::get, Arrays::compareUnsigned))
            .mapToInt(Integer::intValue)
            .toArray();
    int most = 1 + Arrays.stream(order).map(id -> tokens.get(id).length).sum();
    byte[] label = new byte[most];
    int[] parent = new int[most];
    int[] depth = new int[most];
    int[] first = new int[most];
    Arrays.fill(first, -1);
    int nodes = 1;
    byte[] before = {};
    int[] path = new int[1 + Arrays.stream(order).map(id -> tokens.get(id).length).max().orElse(0)];
    for (int id : order) {
      byte[] bytes = tokens.get(id);
      int common = Arrays.mismatch(before, bytes);
      int from = common < 0 ? bytes.length : common;
      for (int i = from; i < bytes.length; i++) {
        label[nodes] = bytes[i];
        parent[nodes] = path[i];
        depth[nodes] = i + 1;
        path[i + 1] = nodes++;
      }
      sameBytes[id] = first[path[bytes.length]];
      first[path[bytes.length]] = id;
      before = bytes;
    }
    this.labels = Arrays.copyOf(label, nodes);
    this.parents = Arrays.copyOf(parent, nodes);
    this.depths = Arrays.copyOf(depth, nodes);
    this.firstToken = Arrays.copyOf(first, nodes);
    this.ends = new int[nodes];
    for (int node = nodes - 1; node >= 0; node--) {
      ends[node] = Math.max(ends[node], node + 1);
      ends[parents[node]] = Math.max(ends[parents[node]], ends[node]);
    }
    this.deepest = path.length - 1;
  }

  /// @param tokenBytes the bytes of each id; null or empty for ids that are no text, which are
  ///   never allowed
  /// @param endIds ids that end a text; their bytes do not count
  /// @throws ConstraintException if an end id is outside of the vocabulary
  public static TokenTrie of(List<byte[]> tokenBytes, Set<Integer> endIds) {
    for (int id : endIds) {
      if (id < 0 || id >= tokenBytes.size()) {
        throw new ConstraintException(
            "the end id "
                + id
                + " is not in the vocabulary of "
                + tokenBytes.size()
                + " tokens; use ids of the tokenizer");
      }
    }
    List<byte[]> copies =
        IntStream.range(0, tokenBytes.size())
            .mapToObj(id ->
                tokenBytes.get(id) == null || endIds.contains(id)
                    ? new byte[0]
                    : tokenBytes.get(id).clone())
            .toList();
    return new TokenTrie(copies, endIds.stream().sorted().mapToInt(Integer::intValue).toArray());
  }

  /// Number of ids.
  public int size() {
    return tokens.size();
  }

  /// Number of longs of a mask.
  public int maskLength() {
    return (tokens.size() + 63) / 64;
  }

  /// Whether the id ends a text.
  public boolean isEnd(int id) {
    return Arrays.binarySearch(endIds, id) >= 0;
  }

  /// The bytes of an id, a copy; empty if it has none.
  public byte[] bytes(int id) {
    return tokens.get(id).clone();
  }

  /// Sets the bits of the ids that end a text.
  public void addEnds(long[] mask) {
    for (int id : endIds) {
      mask[id >> 6] |= 1L << id;
    }
  }

  /// Number of nodes.
  public int nodes() {
    return labels.length;
  }

  /// The last byte of a node's path, as a number from 0 to 255.
  public int label(int node) {
    return labels[node] & 0xFF;
  }

  /// The number of bytes of a node's path.
  public int depth(int node) {
    return depths[node];
  }

  /// The first number behind a node's descendants.
  public int end(int node) {
    return ends[node];
  }

  /// Whether a token goes on from the node.
  public boolean hasChildren(int node) {
    return ends[node] > node + 1;
  }

  /// The bytes from the root to a node.
  public byte[] path(int node) {
    byte[] path = new byte[depths[node]];
    for (int at = node; at != 0; at = parents[at]) {
      path[depths[at] - 1] = labels[at];
    }
    return path;
  }

  /// Sets the bits of the tokens that end at a node.
  public void addTokens(int node, long[] mask) {
    for (int id = firstToken[node]; id >= 0; id = sameBytes[id]) {
      mask[id >> 6] |= 1L << id;
    }
  }

  /// The number of bytes of the longest token.
  public int deepest() {
    return deepest;
  }

  /// What has been computed once for this vocabulary.
  public <T> T shared(Class<T> type, Supplier<T> compute) {
    return type.cast(shared.computeIfAbsent(type, key -> compute.get()));
  }
}
