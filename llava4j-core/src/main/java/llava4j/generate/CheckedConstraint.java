package llava4j.generate;

import java.util.function.Supplier;
import llava4j.constraint.Constraint;
import llava4j.constraint.limit.ConstraintException;
import llava4j.error.BadInputException;

/// Compiles constraints that people write.
public final class CheckedConstraint {
  private CheckedConstraint() {}

  /// Compiles one, and refuses what has no effect in it instead of ignoring it.
  ///
  /// @param name for messages
  /// @throws BadInputException if it cannot be compiled, or has what has no effect
  public static Constraint of(String name, Supplier<Constraint> compile) {
    try {
      Constraint constraint = compile.get();
      if (!constraint.ignored().isEmpty()) {
        throw new BadInputException(
            name
                + " has what has no effect: "
                + String.join(", ", constraint.ignored())
                + "; correct it or leave it out");
      }
      return constraint;
    } catch (ConstraintException e) {
      throw new BadInputException(name + ": " + e.getMessage(), e);
    }
  }
}
