package llava4j.tensor;

import java.util.OptionalInt;
import llava4j.platform.SystemDefaults;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/// Settings of libtorch in this process.
public final class NativeRuntime {
  /// The system property that stores the number of threads, because libtorch has one number for the
  /// process.
  private static final String THREADS = "llava.threads";

  private NativeRuntime() {}

  /// Sets the properties and variables that the libraries read when their first class is loaded.
  /// Values of the user are kept.
  ///
  /// JavaCPP's limit on resident memory would count memory-mapped weights and call the garbage
  /// collector before every allocation; ADR 1 explains its warning about OpenBLAS' version.
  ///
  /// Idle threads of OpenMP and OpenBLAS sleep instead of spinning. Spinning threads would take the
  /// cores from our kernels' threads and, if another process is busy, from the thread that they
  /// wait for (ADR 21). Both libraries read this setting only when they are loaded.
  public static void prepare() {
    SystemDefaults.setForJavaCpp();
    // By default, DJL sends usage data to its authors, and downloads another library if there is a
    // GPU.
    SystemDefaults.set("OPT_OUT_TRACKING", "true");
    SystemDefaults.set("ai.djl.offline", "true");
    SystemDefaults.set("RUST_FLAVOR", "cpu");
    NativeEnvironment environment = new NativeEnvironment();
    environment.set("OMP_WAIT_POLICY", "PASSIVE", false);
    environment.set("OPENBLAS_THREAD_TIMEOUT", "4", false);
    // Otherwise ONNX Runtime, when it is loaded, runs programs to identify the machine and prepares
    // to
    // send usage data, before it can be told not to.
    environment.set("ORT_DISABLE_TELEMETRY", "1", true);
    environment.set("OMP_NUM_THREADS", String.valueOf(chosenThreads().count()), true);
  }

  /// The current number of threads: the last one given to [#useThreads], or else that of the
  /// environment variables, or else the number of processors.
  ///
  /// @throws llava4j.error.BadInputException if the number in the environment variable is invalid
  public static ThreadCount chosenThreads() {
    String chosen = System.getProperty(THREADS);
    return ThreadCount.of(
        chosen == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(chosen)),
        System.getenv(),
        Runtime.getRuntime().availableProcessors());
  }

  /// Sets the number of threads without loading libtorch.
  ///
  /// @param asked the number; empty for no change
  public static void chooseThreads(OptionalInt asked) {
    if (asked.isPresent()) {
      ThreadCount valid = ThreadCount.of(asked, System.getenv(), 1);
      System.setProperty(THREADS, String.valueOf(valid.count()));
    }
  }

  /// Sets the number of threads for all operators of this process, libtorch's and our own. Loads
  /// libtorch.
  ///
  /// @param asked the number; empty for no change
  /// @return the current number
  public static ThreadCount useThreads(OptionalInt asked) {
    chooseThreads(asked);
    prepare();
    ThreadCount chosen = chosenThreads();
    torch.set_num_threads(chosen.count());
    return chosen;
  }

  /// Gives the calling thread's operators the current number of threads. OpenMP keeps a number for
  /// each thread that calls it; one that was begun before [#useThreads] has an old one.
  public static void useChosenThreads() {
    int chosen = chosenThreads().count();
    if (torch.get_num_threads() != chosen) {
      torch.set_num_threads(chosen);
    }
  }

  /// Like [#prepare], and freed blocks of native memory are kept for the next ones.
  ///
  /// The activations of a prompt are blocks of tens of megabytes, which are freed and allocated
  /// again in each layer. Given back to the system in between, their pages would be cleared each
  /// time. Not for training, whose launchers set limits of their own (ADR 13).
  public static void prepareForInference() {
    prepare();
    NativeHeap.keepFreed();
  }

  /// Makes OpenBLAS single-threaded, so that all parallel work is done by libtorch's own threads.
  ///
  /// OpenBLAS has its own thread pool. If it is called from libtorch's threads, as in fused
  /// attention, both pools wait for each other's spinning threads, which is a hundred times slower
  /// on a busy machine.
  public static void useOneThreadPool() {
    openblas_nolapack.blas_set_num_threads(1);
  }

  /// Gives OpenBLAS as many threads as libtorch. Training needs it, because products that are
  /// recorded for gradients use OpenBLAS. Java must be started with OMP_WAIT_POLICY=PASSIVE then,
  /// otherwise libtorch's idle threads occupy the cores.
  public static void useAllThreadPools() {
    openblas_nolapack.blas_set_num_threads(numThreads());
  }

  /// Number of threads of one operator.
  public static int numThreads() {
    return torch.get_num_threads();
  }

  /// Vector instructions of libtorch's kernels, with its names: DEFAULT, AVX2, AVX512...
  public static String cpuCapability() {
    return torch.get_cpu_capability().getString();
  }
}
