package llava4j.train.distributed;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import llava4j.error.BadInputException;

/// Identity of this process within the run, from the environment variables set by torchrun, Slurm
/// scripts and the Kubeflow training operator.
///
/// @param rank index of this process among all, from 0
/// @param worldSize number of processes
/// @param masterAddress host of process 0
/// @param masterPort port of process 0
/// @param localRank index of this process on its machine, from 0; selects its GPU
/// @param agentAttempt how often torchrun has restarted the processes, if its agent listens on the
///   master's port; empty if process 0 is to listen there
public record LaunchEnvironment(
    int rank,
    int worldSize,
    String masterAddress,
    int masterPort,
    int localRank,
    OptionalInt agentAttempt) {
  public static final String RANK = "RANK";
  public static final String WORLD_SIZE = "WORLD_SIZE";
  public static final String MASTER_ADDR = "MASTER_ADDR";
  public static final String MASTER_PORT = "MASTER_PORT";
  public static final String LOCAL_RANK = "LOCAL_RANK";

  private static final String AGENT_LISTENS = "TORCHELASTIC_USE_AGENT_STORE";
  private static final String AGENT_ATTEMPT = "TORCHELASTIC_RESTART_COUNT";
  private static final int MAX_PORT = 65535;

  public LaunchEnvironment {
    if (worldSize < 1 || rank < 0 || rank >= worldSize) {
      throw wrongRank(rank, worldSize);
    }
    if (masterPort < 1 || masterPort > MAX_PORT) {
      throw new BadInputException("MASTER_PORT is " + masterPort + "; give a port from 1 to 65535");
    }
    if (localRank < 0) {
      throw new BadInputException("LOCAL_RANK is " + localRank + "; it must be 0 or more");
    }
  }

  /// A process of a launcher that does not listen on the master's port itself.
  public LaunchEnvironment(
      int rank, int worldSize, String masterAddress, int masterPort, int localRank) {
    this(rank, worldSize, masterAddress, masterPort, localRank, OptionalInt.empty());
  }

  /// A run of one process.
  public static LaunchEnvironment alone() {
    return new LaunchEnvironment(0, 1, "localhost", MAX_PORT, 0);
  }

  /// Reads the variables; without WORLD_SIZE the run has one process. Within a Slurm step in which
  /// MASTER_ADDR is set, Slurm's own variables are used for those that are not set.
  ///
  /// @throws BadInputException if a variable is missing or has a wrong value
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
          "MASTER_ADDR is not set; set it to the host of process 0 for all "
              + worldSize
              + " processes");
    }
    return new LaunchEnvironment(
        rank,
        worldSize,
        address,
        number(variables, MASTER_PORT, null),
        number(variables, LOCAL_RANK, 0),
        Boolean.parseBoolean(variables.get(AGENT_LISTENS))
            ? OptionalInt.of(number(variables, AGENT_ATTEMPT, 0))
            : OptionalInt.empty());
  }

  /// Whether a launcher has started this process as one of a run: torchrun's variables are set, or
  /// Slurm's together with MASTER_ADDR.
  public static boolean isLaunched(Map<String, String> environment) {
    return withSlurm(environment).containsKey(WORLD_SIZE);
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
          name + " is " + (text == null ? "not set" : "'" + text + "'") + "; set it to a number",
          e);
    }
  }
}
