package llava4j.model.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llava4j.error.BadInputException;
import llava4j.io.CloseAll;

/// The KV blocks of earlier prompts and answers, found again by what their tokens are, so that no
/// beginning is computed twice: questions about one image share its rows, answers share a prompt, a
/// chat continues.
///
/// Tokens are compared by their row keys (see `SplicedPrompt`), one by one, so a prompt shares
/// exactly its tokens up to the first different one. Each tenant has a tree of its own: nobody can
/// find out by the time of an answer what others asked. Blocks that were not used for longest are
/// given back when the pool needs them. Thread-safe.
public final class PrefixTree implements AutoCloseable {
  /// The part of the pool that may wait to be written to disk, and cannot make room until then.
  private static final int WAITING_PART = 4;

  private final KvPool pool;
  private final Optional<PrefixStore> store;
  private final Map<String, Node> roots = new HashMap<>(); // by tenant
  private final LinkedHashSet<Node> leastRecentFirst = new LinkedHashSet<>();
  private long askedRows;
  private long foundRows;

  /// @param pool of the blocks
  /// @param store where blocks are kept on disk too; it is the caller's to close, after this
  /// @throws BadInputException if the store has no room for a block
  public PrefixTree(KvPool pool, Optional<PrefixStore> store) {
    this.pool = pool;
    this.store = store;
    store.ifPresent(disk -> disk.requireRoom(pool.blockBytes()));
  }

  /// How much was found so far.
  ///
  /// @param askedRows tokens of all prompts
  /// @param foundRows those of them that were not computed again
  /// @param blocks that the tree holds
  public record Statistics(long askedRows, long foundRows, int blocks) {}

  /// A block's tokens after those of its parents.
  private static final class Node {
    private final Node parent; // null for a root
    private final String tenant;
    private final long[] keys; // [1..BLOCK_ROWS]
    private final KvBlock block;
    private final Map<Long, List<Node>> children = new HashMap<>(); // by their first key
    private byte[] hash; // in the store; null until it is needed
    private boolean kept; // read from the store, or given to it

    Node(Node parent, String tenant, long[] keys, KvBlock block) {
      this.parent = parent;
      this.tenant = tenant;
      this.keys = keys;
      this.block = block;
    }
  }

  /// A child and how many of its tokens match.
  private record Match(Node node, int rows) {
    static final Match NONE = new Match(null, 0);
  }

  /// A new cache with the longest known beginning of a prompt, at most all its tokens but the last,
  /// whose logits are needed.
  ///
  /// @param keys row keys of the prompt
  public synchronized KvCache begin(String tenant, long[] keys) {
    KvCache cache = new KvCache(pool);
    try {
      fill(cache, tenant, keys);
    } catch (RuntimeException | Error e) {
      CloseAll.after(e, cache);
      throw e;
    }
    askedRows += keys.length;
    foundRows += cache.length();
    return cache;
  }

  private void fill(KvCache cache, String tenant, long[] keys) {
    List<Match> path = path(tenant, keys);
    Match part = path.isEmpty() ? Match.NONE : path.getLast();
    if (store.isPresent()) {
      path.removeIf(match -> match.rows() < KvPool.BLOCK_ROWS); // at most the last
    }
    path.forEach(match -> cache.share(match.node().block, match.rows()));
    if (store.isPresent()
        && !readMore(store.get(), tenant, keys, cache, path)
        && part.rows() < KvPool.BLOCK_ROWS
        && leastRecentFirst.contains(part.node())) {
      cache.share(part.node().block, part.rows());
      path.add(part);
    }
    for (int i = path.size() - 1; i >= 0; i--) {
      touch(path.get(i).node()); // parents are more recent than their children
    }
  }

  /// Reads the blocks behind a path that are on disk, into the tree.
  ///
  /// @param cache shares the path's blocks, so they stay; gets the others
  /// @param path of full blocks; gets the others
  /// @return whether there were any
  private boolean readMore(
      PrefixStore disk, String tenant, long[] keys, KvCache cache, List<Match> path) {
    int known = path.size();
    Node at = path.isEmpty() ? root(tenant) : path.getLast().node();
    for (int done = known * KvPool.BLOCK_ROWS;
        done + KvPool.BLOCK_ROWS < keys.length; // the last token's logits are needed
        done += KvPool.BLOCK_ROWS) {
      long[] own = Arrays.copyOfRange(keys, done, done + KvPool.BLOCK_ROWS);
      byte[] hash = disk.next(hash(disk, at), own);
      if (!disk.has(hash) || !makeRoom(KvPool.blocksFor((long) keys.length - done) + 1)) {
        break;
      }
      KvBlock block;
      try {
        block = pool.take();
      } catch (IllegalStateException e) {
        break; // less memory than was promised: the prompt is computed
      }
      try {
        if (!disk.read(hash, block.segment())) {
          break;
        }
        at = added(at, own, block);
        at.hash = hash;
        at.kept = true;
        path.add(new Match(at, KvPool.BLOCK_ROWS));
        cache.share(block, KvPool.BLOCK_ROWS);
      } finally {
        pool.release(block); // the tree's and the cache's uses remain
      }
    }
    if (roots.get(tenant) == at && at.children.isEmpty()) {
      roots.remove(tenant);
    }
    return path.size() > known;
  }

  private static byte[] hash(PrefixStore disk, Node node) {
    if (node.hash == null) {
      node.hash =
          node.parent == null
              ? disk.root(node.tenant)
              : disk.next(hash(disk, node.parent), node.keys);
    }
    return node.hash;
  }

  private Node root(String tenant) {
    return roots.computeIfAbsent(tenant, name -> new Node(null, name, new long[0], null));
  }

  /// Writes a full block to disk, if it is not there, and not too many wait; otherwise it counts as
  /// used.
  private void keep(PrefixStore disk, Node node) {
    byte[] hash = hash(disk, node);
    if (node.kept && disk.has(hash)) {
      disk.touch(hash);
    } else if (disk.waiting() < pool.maxBlocks() / WAITING_PART) {
      node.kept = true;
      KvBlock block = pool.retain(node.block);
      disk.write(hash, block.segment(), () -> pool.release(block));
    }
  }

  /// Number of tokens that [#begin] would find in memory.
  public synchronized int known(String tenant, long[] keys) {
    return path(tenant, keys).stream().mapToInt(Match::rows).sum();
  }

  private List<Match> path(String tenant, long[] keys) {
    List<Match> path = new ArrayList<>();
    Node at = roots.get(tenant);
    int limit = keys.length - 1;
    int done = 0;
    while (at != null && done < limit) {
      Match match = longest(at, keys, done, limit);
      if (match.rows() > 0) {
        path.add(match);
        done += match.rows();
      }
      at = match.rows() == KvPool.BLOCK_ROWS ? match.node() : null;
    }
    return path;
  }

  private static Match longest(Node parent, long[] keys, int from, int limit) {
    Match best = Match.NONE;
    for (Node child : parent.children.getOrDefault(keys[from], List.of())) {
      int end = Math.min(limit, from + child.keys.length);
      int mismatch =
          Arrays.mismatch(child.keys, 0, child.keys.length, keys, from, end); // -1 if equal
      int rows = mismatch < 0 ? child.keys.length : mismatch;
      if (rows > best.rows()) {
        best = new Match(child, rows);
      }
    }
    return best;
  }

  /// Keeps the blocks of a cache. A block that is in part filled is kept too; whoever writes behind
  /// its tokens gets a copy.
  ///
  /// @param keys row keys of the first tokens of the cache, as many as are to be kept
  public synchronized void remember(String tenant, KvCache cache, long[] keys) {
    Node at = root(tenant);
    List<Node> path = new ArrayList<>();
    for (int from = 0; from < keys.length; from += KvPool.BLOCK_ROWS) {
      long[] own = Arrays.copyOfRange(keys, from, Math.min(keys.length, from + KvPool.BLOCK_ROWS));
      at = child(at, own, cache.block(from / KvPool.BLOCK_ROWS));
      path.add(at);
    }
    for (int i = path.size() - 1; i >= 0; i--) { // parents are more recent than their children
      Node node = path.get(i);
      touch(node);
      if (store.isPresent() && node.keys.length == KvPool.BLOCK_ROWS) {
        keep(store.get(), node);
      }
    }
  }

  /// The child with these tokens at its beginning, made if there is none.
  private Node child(Node parent, long[] keys, KvBlock block) {
    for (Node child : parent.children.getOrDefault(keys[0], List.of())) {
      int mismatch = Arrays.mismatch(child.keys, keys);
      if (mismatch < 0 || mismatch == keys.length) {
        return child;
      }
    }
    return added(parent, keys, block);
  }

  /// A new child. Those that hold only a part of its tokens make room: two with the same beginning
  /// could hold the same block, which would then seem to be in use for ever.
  private Node added(Node parent, long[] keys, KvBlock block) {
    Node node = new Node(parent, parent.tenant, keys, pool.retain(block));
    if (parent.parent == null) {
      roots.put(parent.tenant, parent); // it may have lost its last child meanwhile
    }
    List<Node> alike = parent.children.computeIfAbsent(keys[0], _ -> new ArrayList<>());
    List<Node> before = List.copyOf(alike);
    alike.add(node);
    leastRecentFirst.add(node);
    for (Node child : before) {
      if (Arrays.mismatch(child.keys, keys) == child.keys.length) {
        drop(child); // not full, so it has no children
      }
    }
    return node;
  }

  private void touch(Node node) {
    if (leastRecentFirst.remove(node)) {
      leastRecentFirst.add(node);
    }
  }

  private void drop(Node node) {
    leastRecentFirst.remove(node);
    List<Node> alike = node.parent.children.get(node.keys[0]);
    alike.remove(node);
    if (alike.isEmpty()) {
      node.parent.children.remove(node.keys[0]);
    }
    if (node.parent.parent == null && node.parent.children.isEmpty()) {
      roots.remove(node.tenant);
    }
    pool.release(node.block);
  }

  /// Gives blocks back, those first that were not used for longest, until the pool has this many or
  /// none is left that nobody else uses.
  ///
  /// @return whether the pool has as many
  public synchronized boolean makeRoom(int blocks) {
    dropUntil(blocks);
    if (pool.available() < blocks && store.isPresent()) {
      store.get().giveUpWriting(); // what waits to be written cannot be dropped
      dropUntil(blocks);
    }
    return pool.available() >= blocks;
  }

  private void dropUntil(int blocks) {
    boolean dropped = true;
    while (pool.available() < blocks && dropped) {
      dropped = false;
      Iterator<Node> each = new ArrayList<>(leastRecentFirst).iterator();
      while (each.hasNext() && pool.available() < blocks) {
        Node node = each.next();
        if (node.children.isEmpty() && !pool.isShared(node.block)) {
          drop(node);
          dropped = true;
        }
      }
    }
  }

  public synchronized Statistics statistics() {
    return new Statistics(askedRows, foundRows, leastRecentFirst.size());
  }

  /// Gives all blocks back. Sequences that use some keep them, and what is on disk stays.
  public synchronized void forget() {
    leastRecentFirst.forEach(node -> pool.release(node.block));
    leastRecentFirst.clear();
    roots.clear();
  }

  @Override
  public void close() {
    forget();
  }
}
