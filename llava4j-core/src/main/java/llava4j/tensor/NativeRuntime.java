package llava4j.tensor;

import java.util.OptionalInt;
import llava4j.platform.SystemDefaults;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/// How libtorch runs in this process.
public final class NativeRuntime {
  /// The system property that keeps the number of threads, because libtorch's is one for the
  /// process.
  private static final String THREADS = "llava.threads";

  private NativeRuntime() {}

  /// Sets the libraries' switches that must stand before their first class loads. Values that the
  /// user gave are kept.
  ///
  /// JavaCPP's limit on resident memory counts memory-mapped weights and would call the garbage
  /// collector before every allocation; its warning about openblas' version is answered in ADR 1.
  ///
  /// Idle threads of OpenMP and OpenBLAS sleep instead of spinning: spinning ones take the cores
  /// from our kernels' threads and, where another process is busy, from the thread that they wait
  /// for (ADR 21). Both libraries read this when they load; loaded before, they keep their ways.
  public static void prepare() {
    SystemDefaults.setForJavaCpp();
    // Left alone, DJL reports its use to its makers, and fetches another library where it finds a
    // GPU.
    SystemDefaults.set("OPT_OUT_TRACKING", "true");
    SystemDefaults.set("ai.djl.offline", "true");
    SystemDefaults.set("RUST_FLAVOR", "cpu");
    NativeEnvironment environment = new NativeEnvironment();
    environment.set("OMP_WAIT_POLICY", "PASSIVE", false);
    environment.set("OPENBLAS_THREAD_TIMEOUT", "4", false);
    environment.set("OMP_NUM_THREADS", String.valueOf(chosenThreads().count()), true);
  }

  /// The number of threads that holds now: the last one given to [#useThreads], else that of the
  /// environment or the processors.
  ///
  /// @throws llava4j.error.BadInputException if the environment's number makes no sense
  public static ThreadCount chosenThreads() {
    String chosen = System.getProperty(THREADS);
    return ThreadCount.of(
        chosen == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(chosen)),
        System.getenv(),
        Runtime.getRuntime().availableProcessors());
  }

  /// Makes a number hold without loading libtorch.
  ///
  /// @param asked the number; empty changes nothing
  public static void chooseThreads(OptionalInt asked) {
    if (asked.isPresent()) {
      ThreadCount valid = ThreadCount.of(asked, System.getenv(), 1);
      System.setProperty(THREADS, String.valueOf(valid.count()));
    }
  }

  /// Gives every operator of this process this many threads from now on, libtorch's and our own.
  /// Loads libtorch.
  ///
  /// @param asked the number; empty keeps the chosen one
  /// @return what holds now
  public static ThreadCount useThreads(OptionalInt asked) {
    chooseThreads(asked);
    prepare();
    ThreadCount chosen = chosenThreads();
    torch.set_num_threads(chosen.count());
    return chosen;
  }

  /// As [#prepare], and large blocks of native memory come in huge pages.
  ///
  /// A prompt's activations are blocks of tens of megabytes, freed and asked for again layer by
  /// layer; in small pages, which the kernel clears one by one, they took longer than the products.
  /// Not for training, which keeps its blocks instead (ADR 13). Works until the first tensor is
  /// made.
  public static void prepareForInference() {
    prepare();
    new NativeEnvironment().set("THP_MEM_ALLOC_ENABLE", "1", false);
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
}
