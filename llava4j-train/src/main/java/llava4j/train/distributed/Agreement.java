package llava4j.train.distributed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import llava4j.error.BadInputException;
import org.bytedeco.pytorch.Store;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// Compares what all processes of a run must have in common. Every process writes its facts to the
/// store, process 0 compares them, and all processes read its verdict.
final class Agreement {
  private static final String SAME = "same";
  private static final System.Logger LOGGER = System.getLogger(Agreement.class.getName());
  private static final int MAX_TEXT = 120;
  private static final Duration READERS_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(20);

  private final JsonMapper json = new JsonMapper();
  private final Store store;
  private final int rank;
  private final int size;
  private int round;

  Agreement(Store store, int rank, int size) {
    this.store = store;
    this.rank = rank;
    this.size = size;
  }

  /// All processes call it together, with values for the same or other names.
  ///
  /// @throws BadInputException on every process, if a value differs from that of process 0; it
  ///   names the processes, the facts and both values
  void require(Map<String, String> facts) {
    String prefix = "facts/" + round + "/";
    round++;
    store.set(prefix + rank, json.writeValueAsString(facts));
    if (rank == 0) {
      List<String> differences = new ArrayList<>();
      for (int other = 1; other < size; other++) {
        differences(other, facts, read(prefix + other)).ifPresent(differences::add);
      }
      store.set(prefix + "verdict", verdict(differences));
    }
    String verdict = store.get_to_str(prefix + "verdict");
    if (!verdict.equals(SAME)) {
      awaitReaders(prefix + "read");
      throw new BadInputException(verdict);
    }
  }

  /// The store may end with process 0, which therefore goes last.
  private void awaitReaders(String key) {
    try {
      long read = store.add(key, 1);
      long deadline = System.nanoTime() + READERS_TIMEOUT.toNanos();
      while (rank == 0 && read < size && System.nanoTime() < deadline) {
        Thread.sleep(POLL_INTERVAL);
        read = store.add(key, 0);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // process 0 is gone with the store; what was read before is what counts
      LOGGER.log(System.Logger.Level.DEBUG, "the store has ended", e);
    }
  }

  private SortedMap<String, String> read(String key) {
    return json.readValue(store.get_to_str(key), new TypeReference<TreeMap<String, String>>() {});
  }

  private static String verdict(List<String> differences) {
    return differences.isEmpty()
        ? SAME
        : String.join("; ", differences)
            + "; start all processes with the same version, settings, data and base model";
  }

  private static Optional<String> differences(
      int rank, Map<String, String> wanted, Map<String, String> found) {
    List<String> differences = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(wanted.keySet());
    names.addAll(found.keySet());
    for (String name : names) {
      String first = wanted.getOrDefault(name, "absent");
      String there = found.getOrDefault(name, "absent");
      if (!first.equals(there)) {
        differences.add(name + " is " + shortened(there) + " instead of " + shortened(first));
      }
    }
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "process " + rank + " differs from process 0: " + String.join(", ", differences));
  }

  private static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "...";
  }
}
