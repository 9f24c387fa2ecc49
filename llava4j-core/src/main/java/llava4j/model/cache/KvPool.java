package llava4j.model.cache;

import java.util.ArrayDeque;
import java.util.Deque;
import llava4j.config.TextConfig;
import llava4j.quant.PagedAttention;
import llava4j.tensor.DType;
import llava4j.tensor.Device;

/// The memory of all KV caches of a model, in blocks of a fixed number of tokens. Sequences of any
/// lengths share it without gaps, and equal beginnings share blocks. Released blocks are kept for
/// the next sequence. Thread-safe.
public final class KvPool implements AutoCloseable {
  /// Tokens of a block: few enough to waste little, many enough for long runs of memory.
  public static final int BLOCK_ROWS = 32;

  private final Device device;
  private final PagedAttention.Layout layout;
  private final int numLayers;
  private int maxBlocks; // fewer, once memory for more could not be had
  private final Deque<KvBlock> free = new ArrayDeque<>();
  private int allocated;
  private boolean closed;

  /// @param type that keys and values are kept in, of [KvFormat#type]
  /// @param maxBlocks that may exist at the same time
  public KvPool(TextConfig config, Device device, DType type, int maxBlocks) {
    this.device = device;
    this.layout =
        new PagedAttention.Layout(type, config.numKvHeads(), config.headDim(), BLOCK_ROWS);
    this.numLayers = config.numLayers();
    this.maxBlocks = maxBlocks;
  }

  /// Bytes of one token's keys and values, all layers.
  ///
  /// @param type of [KvFormat#type]
  public static long tokenBytes(TextConfig config, DType type) {
    PagedAttention.Layout row =
        new PagedAttention.Layout(type, config.numKvHeads(), config.headDim(), 1);
    return 2L * config.numLayers() * row.kvHeads() * row.rowBytes();
  }

  /// Number of blocks that hold this many tokens.
  public static int blocksFor(long rows) {
    return Math.toIntExact(Math.ceilDiv(rows, BLOCK_ROWS));
  }

  /// Tokens that these blocks have room for.
  public static long wholeBlocks(long rows) {
    return (long) blocksFor(rows) * BLOCK_ROWS;
  }

  /// The shape of a layer's part of a block.
  public PagedAttention.Layout layout() {
    return layout;
  }

  boolean isOnHost() {
    return device instanceof Device.Cpu;
  }

  public int numLayers() {
    return numLayers;
  }

  /// Bytes from one layer's part of a block to the next.
  public long layerBytes() {
    return 2L * layout.kvHeads() * layout.rows() * layout.rowBytes();
  }

  /// Bytes of one block, all layers.
  public long blockBytes() {
    return numLayers * layerBytes();
  }

  public synchronized int maxBlocks() {
    return maxBlocks;
  }

  /// Bytes of native memory, released blocks included.
  public synchronized long bytes() {
    return allocated * blockBytes();
  }

  /// Blocks that can be taken now.
  public synchronized int available() {
    return maxBlocks - allocated + free.size();
  }

  /// Blocks in use.
  public synchronized int used() {
    return allocated - free.size();
  }

  /// A block with one user.
  ///
  /// @throws IllegalStateException if all blocks are in use
  synchronized KvBlock take() {
    if (closed) {
      throw new IllegalStateException("the pool of KV blocks is closed");
    }
    KvBlock block = free.poll();
    if (block == null) {
      if (allocated >= maxBlocks) {
        throw new IllegalStateException("all " + maxBlocks + " KV blocks are in use");
      }
      block = allocated();
      allocated++;
    }
    block.references = 1;
    return block;
  }

  private KvBlock allocated() {
    try {
      return new KvBlock(layout, numLayers, device);
    } catch (RuntimeException | Error e) {
      maxBlocks = allocated; // from here on, remembered blocks make room
      throw new IllegalStateException(
          "there is no memory for more than " + allocated + " KV blocks", e);
    }
  }

  /// One user more.
  synchronized KvBlock retain(KvBlock block) {
    block.references++;
    return block;
  }

  /// One user less; the last one gives it back.
  synchronized void release(KvBlock block) {
    if (--block.references > 0) {
      return;
    }
    if (closed) {
      block.free();
      allocated--;
    } else {
      free.push(block);
    }
  }

  synchronized boolean isShared(KvBlock block) {
    return block.references > 1;
  }

  /// Frees released blocks now, the others when their users release them.
  @Override
  public synchronized void close() {
    closed = true;
    free.forEach(KvBlock::free);
    allocated -= free.size();
    free.clear();
  }
}
