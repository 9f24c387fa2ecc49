package llava4j.train.distributed;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.function.Consumer;
import llava4j.error.BadInputException;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/// Several processes connected by libtorch's process groups: Gloo on CPUs, NCCL on GPUs.
public final class ConnectedProcesses implements ProcessGroup {
  private final LaunchEnvironment environment;
  private final Device device;
  private final TCPStore store;
  private final Backend backend;
  private final Heartbeats heartbeats;

  private ConnectedProcesses(
      LaunchEnvironment environment,
      Device device,
      TCPStore store,
      Backend backend,
      Heartbeats heartbeats) {
    this.environment = environment;
    this.device = device;
    this.store = store;
    this.backend = backend;
    this.heartbeats = heartbeats;
  }

  /// Connects to the other processes at the address of process 0. Returns when all are connected.
  /// The caller closes the result.
  ///
  /// @param patience timeout for the connection and for each collective
  /// @param onLost called on another thread when a process has sent no heartbeat for long; at that
  ///   time the caller may still wait in a collective
  /// @throws BadInputException if not all processes connect in time
  public static ProcessGroup join(
      LaunchEnvironment environment, Device device, Duration patience, Consumer<String> onLost) {
    if (environment.worldSize() == 1) {
      return new SingleProcess();
    }
    TCPStore store = null;
    Backend backend = null;
    try {
      store = new TCPStore(environment.masterAddress(), storeOptions(environment, patience));
      store.retainReference();
      backend =
          switch (device) {
            case Device.Cpu _ ->
                new ProcessGroupGloo(
                    store,
                    environment.rank(),
                    environment.worldSize(),
                    glooOptions(environment, patience));
            case Device.Cuda _ ->
                new ProcessGroupNCCL(
                    store, environment.rank(), environment.worldSize(), ncclOptions(patience));
          };
      backend.retainReference();
      Heartbeats heartbeats = Heartbeats.start(environment, onLost);
      return new ConnectedProcesses(environment, device, store, backend, heartbeats);
    } catch (RuntimeException e) {
      if (backend != null) {
        backend.releaseReference();
      }
      if (store != null) {
        store.releaseReference();
      }
      throw new BadInputException(
          "process "
              + environment.rank()
              + " could not connect to the other "
              + (environment.worldSize() - 1)
              + " process(es) at "
              + environment.masterAddress()
              + ":"
              + environment.masterPort()
              + " within "
              + patience.toSeconds()
              + " s; start all processes with the same MASTER_ADDR and MASTER_PORT, each with its own"
              + " RANK",
          e);
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
  public void sum(Tensor tensor) {
    runCollective("sum", () -> backend.allreduce(new TensorVector(tensor)));
  }

  @Override
  public Pending allGather(Tensor whole, Tensor part) {
    Work work = translateFailure("gather", () -> backend._allgather_base(whole, part));
    work.retainReference();
    return () -> {
      try (work) {
        translateFailure("gather", () -> work._wait());
      }
    };
  }

  @Override
  public void reduceScatter(Tensor part, Tensor whole) {
    runCollective("reduce", () -> backend._reduce_scatter_base(part, whole));
  }

  @Override
  public void broadcast(Tensor tensor) {
    runCollective("broadcast", () -> backend.broadcast(new TensorVector(tensor)));
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
  public void announceFailure(String sentence) {
    heartbeats.announceFailure(sentence);
  }

  @Override
  public void close() {
    heartbeats.close();
    backend.releaseReference();
    store.releaseReference();
  }

  private interface Collective {
    Work begin();
  }

  private interface Call<T> {
    T run();
  }

  private void runCollective(String what, Collective collective) {
    try (Scope _ = new Scope()) {
      translateFailure(what, () -> collective.begin()._wait());
    }
  }

  private <T> T translateFailure(String what, Call<T> call) {
    try {
      return call.run();
    } catch (RuntimeException e) {
      throw new LostProcessException(
          heartbeats.describeLostProcesses()
              + " (seen by process "
              + rank()
              + " during a "
              + what
              + "); start the run again to resume from the last checkpoint",
          e);
    }
  }

  private static TCPStoreOptions storeOptions(LaunchEnvironment environment, Duration patience) {
    return new TCPStoreOptions()
        .port((short) environment.masterPort())
        .isServer(environment.rank() == 0)
        .waitWorkers(false)
        .timeout(new Milliseconds(patience.toMillis()));
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
    options.devices(
        new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(ownAddress(environment))));
    return options;
  }

  /// The address at which other processes reach this one: the loopback address if process 0 has it
  /// too.
  private static String ownAddress(LaunchEnvironment environment) {
    try {
      return InetAddress.getByName(environment.masterAddress()).isLoopbackAddress()
          ? "127.0.0.1"
          : InetAddress.getLocalHost().getHostAddress();
    } catch (UnknownHostException e) {
      throw new BadInputException(
          "MASTER_ADDR " + environment.masterAddress() + " is an unknown host; correct it", e);
    }
  }
}
