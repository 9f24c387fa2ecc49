package llava4j.tensor;

import java.util.Map;
import java.util.OptionalInt;
import llava4j.error.BadInputException;

/// The number of threads of one operator, and the origin of this number. By default, libtorch uses
/// one thread on unknown processors.
///
/// @param count at least 1
/// @param origin as text, such as `--threads`
public record ThreadCount(int count, String origin) {
  /// The environment variable for users.
  public static final String VARIABLE = "LLAVA_THREADS";

  private static final String OPEN_MP = "OMP_NUM_THREADS";
  private static final int MOST = 1024;

  public ThreadCount {
    if (count < 1 || count > MOST) {
      throw new BadInputException(origin + " must be between 1 and " + MOST + ", not " + count);
    }
  }

  /// Whether the environment names a number.
  public static boolean isSet(Map<String, String> environment) {
    return environment.containsKey(VARIABLE) || environment.containsKey(OPEN_MP);
  }

  /// The first of these that is set: the caller's number, `LLAVA_THREADS`, the first number of
  /// `OMP_NUM_THREADS`, or else the number of processors that this process may use.
  ///
  /// @param asked number in an option of the command line or of the Java API
  /// @param environment such as `System.getenv()`
  /// @param processors number of processors, limited by CPU affinity and control group, as in
  ///   `Runtime.availableProcessors`
  public static ThreadCount of(OptionalInt asked, Map<String, String> environment, int processors) {
    if (asked.isPresent()) {
      return new ThreadCount(asked.getAsInt(), "--threads");
    }
    String ours = environment.getOrDefault(VARIABLE, "").strip();
    if (!ours.isEmpty()) {
      if (!ours.matches("\\d{1,9}")) {
        throw new BadInputException(
            VARIABLE
                + " must be a number of threads between 1 and "
                + MOST
                + ", not '"
                + ours
                + "'");
      }
      return new ThreadCount(Integer.parseInt(ours), VARIABLE);
    }
    String openMp = environment.getOrDefault(OPEN_MP, "").strip();
    if (openMp.matches("[1-9]\\d{0,8}(,.*)?")) {
      return new ThreadCount(Integer.parseInt(openMp.split(",", 2)[0]), OPEN_MP);
    }
    return new ThreadCount(Math.min(processors, MOST), "the processors of this process");
  }

  /// Number of threads for each of several processes on this machine. `OMP_NUM_THREADS` already is
  /// the number per process.
  public ThreadCount dividedBy(int processes) {
    return origin.equals(OPEN_MP) ? this : new ThreadCount(Math.max(1, count / processes), origin);
  }

  @Override
  public String toString() {
    return count + (count == 1 ? " thread (" : " threads (") + origin + ")";
  }
}
