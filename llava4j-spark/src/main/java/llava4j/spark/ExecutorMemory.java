package llava4j.spark;

import static llava4j.model.load.MemoryPlan.gigabytes;

import llava4j.error.MemoryShortageException;
import llava4j.model.load.AvailableMemory;

/// Memory for a model beside the Java heap, which a container counts together.
///
/// @param free bytes that the process can still allocate
/// @param limited whether the limit of a control group says so: then who exceeds it is killed
/// @param heapGrowth bytes by which the heap may still grow
record ExecutorMemory(long free, boolean limited, long heapGrowth) {

  static ExecutorMemory ofThisProcess() {
    AvailableMemory available = AvailableMemory.ofThisProcess();
    Runtime java = Runtime.getRuntime();
    return new ExecutorMemory(
        available.bytes(), available.isLimitedByGroup(), java.maxMemory() - java.totalMemory());
  }

  /// Refuses a model that fits now, but not when the heap has grown. A machine without a limit is
  /// left to the check that every model passes when it is loaded.
  ///
  /// @param bytes of the weights and a short question
  void requireFits(long bytes) {
    if (limited && bytes > free - heapGrowth) {
      throw new MemoryShortageException(
          "the model needs "
              + gigabytes(bytes)
              + " beside the Java heap, which may still grow by "
              + gigabytes(heapGrowth)
              + ", and the container has "
              + gigabytes(free)
              + " left; raise spark.executor.memoryOverhead by "
              + gigabytes(bytes + heapGrowth - free)
              + ", lower spark.executor.memory, or choose weights of fewer bits");
    }
  }
}
