package llava4j.train;

import java.util.ArrayList;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.train.config.ConfigFile;
import llava4j.train.state.RunState;

/// Checks that a checkpoint belongs to the run that is to resume from it.
record ResumeCheck(TrainJob job, RunState state) {
  /// Settings that may change on resume, because they affect only saving or how the same result is
  /// computed.
  private static final List<String> MAY_DIFFER =
      List.of(
          "saving.",
          "data.prefetch:",
          "execution.zero:",
          "execution.activation:",
          "execution.exchange:",
          "batching.deviceBatch:",
          "batching.lossRows:");

  /// @param data fingerprint of the sample file
  /// @param base fingerprint of the base model
  /// @throws BadInputException if settings, data or base model differ and the job has no `force`
  void requireSame(String data, String base) {
    List<String> differences = new ArrayList<>();
    ConfigFile files = new ConfigFile();
    files.differences(files.read(state.config()), job.config()).stream()
        .filter(difference -> MAY_DIFFER.stream().noneMatch(difference::startsWith))
        .forEach(differences::add);
    if (!state.data().equals(data)) {
      differences.add("the data file " + job.data() + " has changed");
    }
    if (!state.base().equals(base)) {
      differences.add("the base model " + job.base().location() + " is a different one");
    }
    if (!differences.isEmpty() && !job.force()) {
      throw new BadInputException(
          job.out()
              + " holds a run with other settings: "
              + String.join("; ", differences)
              + "; choose another --out, or use --force to continue anyway");
    }
  }
}
