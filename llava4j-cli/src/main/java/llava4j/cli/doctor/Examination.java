package llava4j.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.error.BadInputException;

/// The results of all checks.
///
/// @param results in the order of the checks
record Examination(List<Result> results) {
  /// The result of one check.
  ///
  /// @param seconds that it took
  record Result(String name, List<Finding> findings, double seconds) {
    Result {
      findings = List.copyOf(findings);
    }
  }

  Examination {
    results = List.copyOf(results);
  }

  /// Runs checks one after the other. One that throws is a fault and keeps none from running.
  static Examination of(List<Check> checks) {
    List<Result> results = new ArrayList<>();
    for (Check check : checks) {
      long start = System.nanoTime();
      List<Finding> findings = findings(check);
      results.add(new Result(check.name(), findings, (System.nanoTime() - start) / 1e9));
    }
    return new Examination(results);
  }

  private static List<Finding> findings(Check check) {
    try {
      return check.run();
    } catch (BadInputException e) {
      return List.of(new Fault(e.getMessage(), "do what this sentence says"));
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      return List.of(
          new Fault(
              "the check cannot be run (" + cause(e) + ")",
              "see the other faults; if there is none, this is a bug in llava, please report it"));
    }
  }

  /// The innermost cause: the others say that a class could not be initialised.
  private static String cause(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.toString().strip().replaceAll("\\s*\\R\\s*", " ");
  }

  /// How many things are wrong.
  long faults() {
    return count(Fault.class);
  }

  /// How many things could be better.
  long advices() {
    return count(Finding.Advice.class);
  }

  private long count(Class<? extends Finding> kind) {
    return results.stream()
        .flatMap(result -> result.findings().stream())
        .filter(kind::isInstance)
        .count();
  }
}
