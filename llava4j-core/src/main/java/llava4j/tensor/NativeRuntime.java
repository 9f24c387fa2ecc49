package llava4j.tensor;

import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/// How libtorch runs in this process.
public final class NativeRuntime {
  private NativeRuntime() {}

  /// Sets the libraries' switches that must stand before their first class loads. Values that the
  /// user gave are kept.
  ///
  /// JavaCPP's limit on resident memory counts memory-mapped weights and would call the garbage
  /// collector before every allocation; its warning about openblas' version is answered in ADR 1.
  public static void prepare() {
    setIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    setIfAbsent("org.bytedeco.javacpp.logger", "slf4j");
    // Left alone, DJL reports its use to its makers, and fetches another library where it finds a
    // GPU.
    setIfAbsent("OPT_OUT_TRACKING", "true");
    setIfAbsent("ai.djl.offline", "true");
    setIfAbsent("RUST_FLAVOR", "cpu");
  }

  /// Leaves all parallel work to libtorch's own threads.
  ///
  /// OpenBLAS has a pool of its own. Called from libtorch's threads, as fused attention does, the
  /// two wait for each other's spinning threads: a hundred times slower on a busy machine.
  public static void useOneThreadPool() {
    openblas_nolapack.blas_set_num_threads(1);
  }

  /// Gives OpenBLAS as many threads as libtorch has: training needs it, because products that are
  /// recorded for gradients go through OpenBLAS. Start Java with OMP_WAIT_POLICY=PASSIVE then, or
  /// libtorch's idle threads keep the cores from it.
  public static void useAllThreadPools() {
    openblas_nolapack.blas_set_num_threads(numThreads());
  }

  /// Threads that one operator uses.
  public static int numThreads() {
    return torch.get_num_threads();
  }

  /// Vector instructions that libtorch's kernels use, as it names them: DEFAULT, AVX2, AVX512...
  public static String cpuCapability() {
    return torch.get_cpu_capability().getString();
  }

  private static void setIfAbsent(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
