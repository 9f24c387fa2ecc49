package llava4j.train.distributed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import llava4j.error.BadInputException;
import llava4j.io.OwnVersion;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/// Several processes connected by libtorch's process groups: Gloo on CPUs, NCCL on GPUs.
public final class ConnectedProcesses implements ProcessGroup {
  /// Of Gloo, each on a thread: weights that the next block needs must not wait until gradients
  /// have been summed.
  private static final int OPERATIONS_AT_ONCE = 4;

  private final LaunchEnvironment environment;
  private final Device device;
  private final RunStore store;
  private final Backend backend;
  private final Set<Work> unfinished = ConcurrentHashMap.newKeySet();
  private final Heartbeats heartbeats;
  private final Agreement agreement;
  private long exchanged;
  private boolean failed;
  private boolean lost;

  private ConnectedProcesses(
      LaunchEnvironment environment,
      Device device,
      RunStore store,
      Backend backend,
      Heartbeats heartbeats,
      Agreement agreement) {
    this.environment = environment;
    this.device = device;
    this.store = store;
    this.backend = backend;
    this.heartbeats = heartbeats;
    this.agreement = agreement;
  }

  /// Connects to the other processes at the address of process 0. Returns when all are connected.
  /// The caller closes the result.
  ///
  /// @param patience timeout for the connection and for each collective
  /// @param onLost called on another thread when a process has sent no heartbeat for long, or said
  ///   why it ends; at that time the caller may still wait in a collective, or in this method if
  ///   the other process never joined (see [EarlyFailure])
  /// @throws LostProcessException if not all processes connect in time, or one ends meanwhile
  /// @throws BadInputException if the address is wrong or the processes differ
  public static ProcessGroup join(
      LaunchEnvironment environment,
      Device device,
      Duration patience,
      Consumer<LostProcessException> onLost) {
    if (environment.worldSize() == 1) {
      return new SingleProcess();
    }
    RunStore store = null;
    Heartbeats heartbeats = null;
    Backend backend = null;
    try {
      store = RunStore.open(environment, patience);
      Agreement agreement =
          new Agreement(store.store(), environment.rank(), environment.worldSize());
      requireOwnRank(store.store(), environment);
      heartbeats = Heartbeats.start(environment, onLost); // another may fail before it joins
      agreement.require(earlyFacts(environment, device));
      backend = backend(environment, device, store.store(), patience);
      backend.retainReference();
      heartbeats.joined();
      return new ConnectedProcesses(environment, device, store, backend, heartbeats, agreement);
    } catch (RuntimeException e) {
      Optional<Heartbeats.Lost> said = Optional.empty();
      if (heartbeats != null) {
        said = heartbeats.announced();
        heartbeats.close();
      }
      if (store != null) {
        store.close();
      }
      if (said.isPresent()) {
        throw said.get().exception("", e);
      }
      throw e instanceof BadInputException known ? known : notConnected(environment, patience, e);
    }
  }

  private static Backend backend(
      LaunchEnvironment environment, Device device, Store store, Duration patience) {
    int rank = environment.rank();
    int size = environment.worldSize();
    return switch (device) {
      case Device.Cpu _ ->
          new ProcessGroupGloo(store, rank, size, glooOptions(environment, patience));
      case Device.Cuda _ -> new ProcessGroupNCCL(store, rank, size, ncclOptions(patience));
    };
  }

  private static void requireOwnRank(Store store, LaunchEnvironment environment) {
    if (store.add("rank/" + environment.rank(), 1) > 1) {
      throw new LostProcessException(
          "an earlier try of this process, or another process, is known at "
              + environment.masterAddress()
              + ":"
              + environment.masterPort()
              + " as RANK "
              + environment.rank()
              + "; start all processes again, each with its own RANK",
          false,
          null);
    }
  }

  /// What must be the same before collective operations are possible.
  private static Map<String, String> earlyFacts(LaunchEnvironment environment, Device device) {
    return Map.of(
        LaunchEnvironment.WORLD_SIZE,
        String.valueOf(environment.worldSize()),
        "the kind of device",
        switch (device) {
          case Device.Cpu _ -> "cpu";
          case Device.Cuda _ -> "cuda";
        },
        "the version of llava4j",
        OwnVersion.read(),
        "the version of libtorch",
        libtorchVersion());
  }

  private static String libtorchVersion() {
    try {
      return Loader.getVersion("org.bytedeco", "pytorch");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Whoever is late, killed or still holds the port may be there at the next try; a name that
  /// nobody knows is a mistake.
  private static BadInputException notConnected(
      LaunchEnvironment environment, Duration patience, RuntimeException cause) {
    masterAddress(environment);
    return new LostProcessException(
        "process "
            + environment.rank()
            + " could not connect to the other "
            + (environment.worldSize() - 1)
            + " process(es) at "
            + environment.masterAddress()
            + ":"
            + environment.masterPort()
            + " (waited at most "
            + patience.toSeconds()
            + " s; "
            + firstLine(cause)
            + "); start all processes with the same MASTER_ADDR and a free MASTER_PORT, each with"
            + " its own RANK",
        false,
        cause);
  }

  private static String firstLine(RuntimeException cause) {
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("no details");
  }

  private static InetAddress masterAddress(LaunchEnvironment environment) {
    try {
      return InetAddress.getByName(environment.masterAddress());
    } catch (UnknownHostException e) {
      throw new BadInputException(
          "MASTER_ADDR " + environment.masterAddress() + " is an unknown host; correct it", e);
    }
  }

  @Override
  public int rank() {
    return environment.rank();
  }

  @Override
  public int size() {
    return environment.worldSize();
  }

  @Override
  public Pending beginSum(Tensor tensor) {
    exchanged += tensor.nbytes();
    return begin("sum", () -> backend.allreduce(new TensorVector(tensor)));
  }

  @Override
  public Pending allGather(Tensor whole, Tensor part) {
    exchanged += whole.nbytes();
    return begin("gather", () -> backend._allgather_base(whole, part));
  }

  @Override
  public Pending reduceScatter(Tensor part, Tensor whole) {
    exchanged += whole.nbytes();
    return begin("reduce", () -> backend._reduce_scatter_base(part, whole));
  }

  @Override
  public void broadcast(Tensor tensor) {
    exchanged += tensor.nbytes();
    begin("broadcast", () -> backend.broadcast(new TensorVector(tensor))).await();
  }

  @Override
  public long exchangedBytes() {
    return exchanged;
  }

  @Override
  public void barrier() {
    try (Scope _ = new Scope()) {
      sum(
          org.bytedeco.pytorch.global.torch.zeros(
              new long[] {1}, Tensors.options(DType.F32, device)));
    }
  }

  @Override
  public void requireSame(Map<String, String> facts) {
    translateFailure(
        "comparison of settings",
        () -> {
          agreement.require(facts);
          return facts;
        });
  }

  @Override
  public void announceFailure(RuntimeException failure) {
    heartbeats.announceFailure(failure);
    failed = true;
  }

  @Override
  public void close() {
    giveUpUnfinished();
    if (failed) { // the others must learn of it while the store is still there to say why
      backend.releaseReference();
      heartbeats.close();
    } else {
      if (lost) {
        heartbeats.close();
      } else {
        heartbeats.finish();
      }
      backend.releaseReference();
    }
    store.close();
  }

  private interface Collective {
    Work begin();
  }

  private interface Call<T> {
    T run();
  }

  private Pending begin(String what, Collective collective) {
    Work work = start(what, collective);
    unfinished.add(work);
    return () -> {
      unfinished.remove(work);
      try (work) {
        translateFailure(what, () -> work._wait());
      }
    };
  }

  /// Lets go of operations that nobody waits for after a failure. Left to Java's collector, they
  /// would be freed behind the backend, and the heap would be corrupt.
  private void giveUpUnfinished() {
    for (Work work : List.copyOf(unfinished)) {
      unfinished.remove(work);
      work.close();
    }
  }

  /// The caller closes the result.
  private Work start(String what, Collective collective) {
    try (Scope _ = new Scope()) {
      Work work = translateFailure(what, collective::begin);
      work.retainReference();
      return work;
    }
  }

  private <T> T translateFailure(String what, Call<T> call) {
    try {
      return call.run();
    } catch (BadInputException e) {
      throw e;
    } catch (RuntimeException e) {
      lost = true;
      throw heartbeats
          .lostProcesses()
          .exception(" (seen by process " + rank() + " during a " + what + ")", e);
    }
  }

  private static ProcessGroupNCCL.Options ncclOptions(Duration patience) {
    ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
    options.timeout(new Milliseconds(patience.toMillis()));
    return options;
  }

  private static ProcessGroupGloo.Options glooOptions(
      LaunchEnvironment environment, Duration patience) {
    ProcessGroupGloo.Options options =
        ProcessGroupGloo.Options.create(new Milliseconds(patience.toMillis()));
    options.devices(new GlooDeviceVector(glooDevice(environment)));
    options.threads(OPERATIONS_AT_ONCE);
    return options;
  }

  /// The network interface for Gloo: that of GLOO_SOCKET_IFNAME, or the one that leads to process
  /// 0.
  private static org.bytedeco.pytorch.gloo.Device glooDevice(LaunchEnvironment environment) {
    String interfaceName = System.getenv("GLOO_SOCKET_IFNAME");
    return interfaceName != null && !interfaceName.isBlank()
        ? ProcessGroupGloo.createDeviceForInterface(interfaceName)
        : ProcessGroupGloo.createDeviceForHostname(ownAddress(environment));
  }

  /// The address at which other processes reach this one: that from which packets to process 0 are
  /// sent. The name of this machine often stands for a loopback address.
  private static String ownAddress(LaunchEnvironment environment) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(masterAddress(environment), environment.masterPort()));
      return socket.getLocalAddress().getHostAddress(); // nothing is sent
    } catch (SocketException e) {
      throw new BadInputException(
          "no network interface leads to MASTER_ADDR "
              + environment.masterAddress()
              + ": "
              + e.getMessage(),
          e);
    }
  }
}
