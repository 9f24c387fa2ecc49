package llava4j.cli.doctor;

import java.util.List;
import java.util.function.Supplier;

/// A check that can be made only after native libraries are loaded.
///
/// @param check makes it, and may throw as a check may
record LateCheck(String name, Supplier<Check> check) implements Check {
  @Override
  public List<Finding> run() {
    return check.get().run();
  }
}
