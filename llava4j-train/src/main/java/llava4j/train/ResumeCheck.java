package llava4j.train;

import java.util.ArrayList;
import java.util.List;
import llava4j.error.BadInputException;
import llava4j.train.config.ConfigFile;
import llava4j.train.state.RunState;

/// Whether a checkpoint belongs to the run that wants to go on from it.
record ResumeCheck(TrainJob job, RunState state) {
  /// What may differ without another result being meant: when it is saved, how it is computed.
  private static final List<String> FREE =
      List.of(
          "saving.",
          "data.prefetch:",
          "execution.zero:",
          "execution.activation:",
          "batching.deviceBatch:",
          "batching.lossRows:");

  /// @param data fingerprint of the sample file
  /// @param base fingerprint of the base model
  void requireSame(String data, String base) {
    List<String> differences = new ArrayList<>();
    ConfigFile files = new ConfigFile();
    files.differences(files.read(state.config()), job.config()).stream()
        .filter(difference -> FREE.stream().noneMatch(difference::startsWith))
        .forEach(differences::add);
    if (!state.data().equals(data)) {
      differences.add("the data file " + job.data() + " has changed");
    }
    if (!state.base().equals(base)) {
      differences.add("the base model " + job.base().location() + " is another");
    }
    if (!differences.isEmpty() && !job.force()) {
      throw new BadInputException(
          job.out()
              + " holds a run with other settings: "
              + String.join("; ", differences)
              + "; name another --out, or go on nevertheless with --force");
    }
  }
}
