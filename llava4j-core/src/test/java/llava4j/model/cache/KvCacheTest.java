package llava4j.model.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import llava4j.config.TextConfig;
import llava4j.error.BadInputException;
import llava4j.golden.GoldenModel;
import llava4j.model.cache.KvCache.KeysAndValues;
import llava4j.quant.PagedAttention;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Processor;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KvCacheTest {
  private static final int TOKENS = 75; // two blocks and a part of a third

  /// What is read does not depend on the pieces in which it was written, nor on a copied block.
  @ParameterizedTest
  @EnumSource(KvFormat.class)
  void piecesAreAsGoodAsTheWhole(KvFormat format) {
    TextConfig config = config();
    DType type = format.type(new Device.Cpu(), true);
    try (Scope _ = new Scope();
        KvPool pool = new KvPool(config, new Device.Cpu(), type, 100);
        KvCache whole = new KvCache(pool);
        KvCache pieces = new KvCache(pool)) {
      Tensor keys = normal(1, config.numKvHeads(), TOKENS, config.headDim());
      Tensor values = normal(1, config.numKvHeads(), TOKENS, config.headDim());
      int last = config.numLayers() - 1;
      add(whole, last, keys, values, 0, TOKENS);
      for (int from = 0, count = 1; from < TOKENS; from += count) {
        count = Math.min(TOKENS - from, count + 9);
        add(pieces, last, keys, values, from, count);
      }
      KeysAndValues expected = whole.read(last, TOKENS);
      KeysAndValues found = pieces.read(last, TOKENS);
      assertThat(found.keys().equal(expected.keys())).isTrue();
      assertThat(found.values().equal(expected.values())).isTrue();
      double most = type == DType.I8 ? 0.02 : type == DType.F16 ? 3e-3 : 0;
      Tensor asRead = expected.keys().to(torch.ScalarType.Float);
      assertThat(asRead.sub(keys).abs().max().item_double()).isLessThanOrEqualTo(most);
      try (KvCache fork = whole.fork()) {
        add(fork, last, values, keys, 0, 3); // copies the last block
        assertThat(fork.read(last, TOKENS).keys().equal(expected.keys())).isTrue();
        assertThat(whole.read(last, TOKENS).keys().equal(expected.keys())).isTrue();
      }
      assertThat(pool.blockBytes()).isEqualTo(KvPool.tokenBytes(config, type) * KvPool.BLOCK_ROWS);
    }
  }

  /// Heads that fill no vector are written by libtorch.
  @Test
  void headsOfAnyLengthAreKept() {
    TextConfig like = config();
    TextConfig config =
        new TextConfig(
            like.dim(),
            like.intermediateDim(),
            2,
            like.numHeads(),
            like.numKvHeads(),
            20,
            like.vocab(),
            like.maxPositions(),
            like.rmsNormEps(),
            like.ropeTheta(),
            like.ropeScaling(),
            like.tieEmbeddings(),
            like.slidingWindow());
    try (Scope _ = new Scope();
        KvPool pool = new KvPool(config, new Device.Cpu(), DType.F16, 100);
        KvCache cache = new KvCache(pool)) {
      Tensor keys = normal(1, config.numKvHeads(), TOKENS, config.headDim());
      add(cache, 1, keys, keys, 0, TOKENS);
      assertThat(PagedAttention.canEncode(pool.layout())).isFalse();
      assertThat(cache.read(1, TOKENS).values().equal(keys.to(torch.ScalarType.Half))).isTrue();
      assertThat(cache.readBfloat(1, TOKENS)).isEmpty();
    }
  }

  /// What is read in bf16 is what libtorch makes of it, and zeros up to the end of the last block.
  /// Processors without bf16 have no kernel for it.
  @Test
  void keysAndValuesAreReadInBf16() {
    TextConfig config = config();
    int last = config.numLayers() - 1;
    try (Scope _ = new Scope();
        KvPool pool = new KvPool(config, new Device.Cpu(), DType.F16, 100);
        KvCache cache = new KvCache(pool)) {
      Tensor keys = normal(1, config.numKvHeads(), TOKENS, config.headDim());
      Tensor values = normal(1, config.numKvHeads(), TOKENS, config.headDim());
      add(cache, last, keys, values, 0, TOKENS);
      Optional<KeysAndValues> found = cache.readBfloat(last, TOKENS);
      assertThat(found.isPresent())
          .isEqualTo(
              PagedAttention.canEncode(pool.layout()) && Processor.ofThisMachine().hasBf16Lanes());
      if (found.isPresent()) {
        assertReadInBf16(found.get().keys(), cache.read(last, TOKENS).keys());
        assertReadInBf16(found.get().values(), cache.read(last, TOKENS).values());
      }
    }
  }

  private static void assertReadInBf16(Tensor found, Tensor halves) {
    Tensor right = halves.to(torch.ScalarType.Float).to(torch.ScalarType.BFloat16);
    assertThat(found.size(2) % KvPool.BLOCK_ROWS).isZero();
    assertThat(found.narrow(2, 0, TOKENS).equal(right)).isTrue();
    assertThat(found.narrow(2, TOKENS, found.size(2) - TOKENS).count_nonzero().item_long())
        .isZero();
  }

  @Test
  void aBlockTakesWhatItsFormatSays() {
    TextConfig config = config();
    long numbers = 2L * config.numLayers() * config.numKvHeads() * config.headDim();
    assertThat(KvPool.tokenBytes(config, DType.F32)).isEqualTo(4 * numbers);
    assertThat(KvPool.tokenBytes(config, DType.F16)).isEqualTo(2 * numbers);
    assertThat(KvPool.tokenBytes(config, DType.I8))
        .isEqualTo(numbers + numbers / config.headDim() * Math.ceilDiv(config.headDim(), 32) * 4);
  }

  @Test
  void aGpuHasItsOwnFormat() {
    Device gpu = new Device.Cuda(0);
    assertThat(KvFormat.AUTO.type(gpu, true)).isEqualTo(gpu.computeType());
    for (KvFormat format : new KvFormat[] {KvFormat.FP32, KvFormat.FP16, KvFormat.Q8}) {
      assertThatThrownBy(() -> format.type(gpu, true))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("leave --kv-cache out");
    }
  }

  private static void add(
      KvCache cache, int layer, Tensor keys, Tensor values, int from, int count) {
    cache.reserve(count);
    boolean _ = cache.write(layer, keys.narrow(2, from, count), values.narrow(2, from, count));
    cache.advance(count);
  }

  private static TextConfig config() {
    try (GoldenModel golden = GoldenModel.open("original")) {
      return golden.model().config().text();
    }
  }

  private static Tensor normal(long... shape) {
    torch.manual_seed(9);
    return torch.randn(shape, Tensors.options(DType.F32));
  }
}
