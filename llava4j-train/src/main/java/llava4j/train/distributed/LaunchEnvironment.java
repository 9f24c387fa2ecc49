package llava4j.train.distributed;

import java.util.HashMap;
import java.util.Map;
import llava4j.error.BadInputException;

/// Who this process is among those of the run, as torchrun, Slurm scripts and the Kubeflow training
/// operator tell it.
///
/// @param rank number of this process among all
/// @param worldSize number of processes
/// @param masterAddress host of process 0
/// @param masterPort port of process 0
/// @param localRank number of this process on its machine; chooses its GPU
public record LaunchEnvironment(
    int rank, int worldSize, String masterAddress, int masterPort, int localRank) {
  public static final String RANK = "RANK";
  public static final String WORLD_SIZE = "WORLD_SIZE";
  public static final String MASTER_ADDR = "MASTER_ADDR";
  public static final String MASTER_PORT = "MASTER_PORT";
  public static final String LOCAL_RANK = "LOCAL_RANK";

  private static final int MAX_PORT = 65535;

  public LaunchEnvironment {
    if (worldSize < 1 || rank < 0 || rank >= worldSize) {
      throw wrongRank(rank, worldSize);
    }
    if (masterPort < 1 || masterPort > MAX_PORT) {
      throw new BadInputException("MASTER_PORT is " + masterPort + "; give a port from 1 to 65535");
    }
    if (localRank < 0) {
      throw new BadInputException("LOCAL_RANK is " + localRank + "; it counts from 0");
    }
  }

  /// One process on its own.
  public static LaunchEnvironment alone() {
    return new LaunchEnvironment(0, 1, "localhost", MAX_PORT, 0);
  }

  /// Reads the variables; without WORLD_SIZE the process is alone. Within a Slurm step that names a
  /// MASTER_ADDR, Slurm's own numbers count where the others are not set.
  public static LaunchEnvironment of(Map<String, String> environment) {
    Map<String, String> variables = withSlurm(environment);
    if (!variables.containsKey(WORLD_SIZE)) {
      if (variables.containsKey(RANK)) {
        throw new BadInputException("RANK is set but WORLD_SIZE is not; set both, or neither");
      }
      return alone();
    }
    int worldSize = number(variables, WORLD_SIZE, null);
    int rank = number(variables, RANK, worldSize == 1 ? 0 : null);
    if (worldSize == 1 && rank == 0) {
      return alone();
    }
    if (rank < 0 || rank >= worldSize) {
      throw wrongRank(rank, worldSize);
    }
    String address = variables.get(MASTER_ADDR);
    if (address == null || address.isBlank()) {
      throw new BadInputException(
          "MASTER_ADDR is not set; give all " + worldSize + " processes the host of process 0");
    }
    return new LaunchEnvironment(
        rank,
        worldSize,
        address,
        number(variables, MASTER_PORT, null),
        number(variables, LOCAL_RANK, 0));
  }

  private static Map<String, String> withSlurm(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    if (environment.containsKey(MASTER_ADDR) && environment.containsKey("SLURM_PROCID")) {
      copyIfAbsent(all, "SLURM_NTASKS", WORLD_SIZE);
      copyIfAbsent(all, "SLURM_PROCID", RANK);
      copyIfAbsent(all, "SLURM_LOCALID", LOCAL_RANK);
    }
    return all;
  }

  private static void copyIfAbsent(Map<String, String> all, String from, String to) {
    if (all.containsKey(from)) {
      all.putIfAbsent(to, all.get(from));
    }
  }

  private static BadInputException wrongRank(int rank, int worldSize) {
    return new BadInputException(
        "RANK is "
            + rank
            + " and WORLD_SIZE is "
            + worldSize
            + "; RANK must be 0 or more and less than WORLD_SIZE");
  }

  private static int number(Map<String, String> variables, String name, Integer absent) {
    String text = variables.get(name);
    if (text == null && absent != null) {
      return absent;
    }
    try {
      return Integer.parseInt(String.valueOf(text).strip());
    } catch (NumberFormatException e) {
      throw new BadInputException(
          name + " is " + (text == null ? "not set" : "'" + text + "'") + "; give it a number", e);
    }
  }
}
