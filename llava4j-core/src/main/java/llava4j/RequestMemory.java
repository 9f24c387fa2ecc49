package llava4j;

import java.util.List;
import llava4j.generate.GenerationOptions;
import llava4j.generate.Generator;
import llava4j.generate.SchedulerLimits;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvPool;
import llava4j.model.load.AvailableMemory;
import llava4j.model.load.MemoryPlan;
import llava4j.tensor.Device;

/// The memory of a loaded model's requests.
record RequestMemory(LlavaModel model, MemoryPlan plan, Generator generator) {
  /// More whole contexts than these are not kept.
  private static final int MOST_CONTEXTS = 16;

  /// Half of the memory that is free beside the weights, but at least one whole context, of which
  /// only what is used is ever allocated.
  static SchedulerLimits limits(LlavaModel model, MemoryPlan plan) {
    long context = KvPool.blocksFor(model.config().contextLength()) + 1L;
    long blockBytes = plan.cacheBytesPerToken() * KvPool.BLOCK_ROWS;
    long blocks =
        model.device() instanceof Device.Cpu
            ? (AvailableMemory.ofThisProcess().bytes() - plan.mappedBytes()) / 2 / blockBytes
            : MOST_CONTEXTS * context;
    return SchedulerLimits.ofBlocks(
        Math.toIntExact(Math.clamp(blocks, context, MOST_CONTEXTS * context)));
  }

  /// Fails before any computation if the KV cache for these prompts and their answers does not fit.
  void require(List<Generator.Request> requests, GenerationOptions options) {
    if (model.device() instanceof Device.Cpu && !requests.isEmpty()) {
      int longest =
          requests.stream().mapToInt(request -> request.prompt().numRows()).max().orElseThrow();
      long rows = Math.min(model.config().contextLength(), longest + options.maxNewTokens());
      long sequences = options.numSequences();
      long read =
          requests.stream()
              .mapToLong(request -> request.prompt().numRows() - generator.knownRows(request))
              .sum();
      AvailableMemory.ofThisProcess()
          .require(bytes ->
              plan.requireRequestFits(
                  Math.min(read, generator.limits().promptRows()),
                  Math.min(rows * sequences * requests.size(), generator.cacheRows()),
                  generator.cacheBytes(),
                  bytes));
    }
  }
}
