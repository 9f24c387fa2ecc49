package llava4j.cli.doctor;

import java.util.List;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.tensor.ThreadCount;

/// The number of compute threads against the processors that this process may use.
///
/// @param processors limited by affinity and control group
record ThreadsCheck(ThreadCount threads, int processors) implements Check {
  @Override
  public String name() {
    return "threads";
  }

  @Override
  public List<Finding> run() {
    String found = threads + " on " + processors + (processors == 1 ? " processor" : " processors");
    if (threads.count() > processors) {
      return List.of(
          new Advice(
              found + ", so threads wait for each other",
              "set "
                  + threads.origin()
                  + " to "
                  + processors
                  + " or less, or raise the limit of the container"));
    }
    return List.of(Finding.good(found));
  }
}
