package llava4j.train.distributed;

import java.time.Duration;
import java.util.Optional;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/// A connection to the key-value store of the run: that of process 0, or that of torchrun's agent,
/// in which every attempt has its own keys.
final class RunStore implements AutoCloseable {
  private final Store connection;
  private final Optional<Store> ownKeys;

  private RunStore(Store connection, Optional<Store> ownKeys) {
    this.connection = connection;
    this.ownKeys = ownKeys;
  }

  /// Connects; process 0 starts the store first, unless an agent has done so.
  static RunStore open(LaunchEnvironment environment, Duration timeout) {
    return of(
        environment, timeout, environment.rank() == 0 && environment.agentAttempt().isEmpty());
  }

  /// Another connection to a store that [#open] has reached.
  static RunStore connect(LaunchEnvironment environment, Duration timeout) {
    return of(environment, timeout, false);
  }

  private static RunStore of(LaunchEnvironment environment, Duration timeout, boolean server) {
    TCPStore connection =
        new TCPStore(
            environment.masterAddress(),
            new TCPStoreOptions()
                .port((short) environment.masterPort())
                .isServer(server)
                .waitWorkers(false)
                .timeout(new Milliseconds(timeout.toMillis())));
    connection.retainReference();
    Optional<Store> ownKeys = Optional.empty();
    if (environment.agentAttempt().isPresent()) {
      ownKeys =
          Optional.of(
              new PrefixStore("llava4j/" + environment.agentAttempt().getAsInt(), connection));
      ownKeys.get().retainReference();
    }
    return new RunStore(connection, ownKeys);
  }

  /// Borrowed: valid until this object is closed.
  Store store() {
    return ownKeys.orElse(connection);
  }

  @Override
  public void close() {
    ownKeys.ifPresent(Store::releaseReference);
    connection.releaseReference();
  }
}
