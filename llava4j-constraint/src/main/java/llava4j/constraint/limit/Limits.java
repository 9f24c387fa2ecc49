package llava4j.constraint.limit;

import java.time.Duration;

/// How large a constraint may be and how long it may work. An exceeded limit is a
/// [ConstraintException].
///
/// @param sourceLength characters of the schema, expression, list or grammar
/// @param nodes nodes of regular expressions, and values of a schema, that compiling and using it
///   may make
/// @param alternatives alternatives that one value of a schema may be split into
/// @param states states of the automaton that are kept; beyond it they are dropped and built again
/// @param compileTime time for compiling
/// @param maskTime time for one mask or one accepted token
public record Limits(
    int sourceLength,
    int nodes,
    int alternatives,
    int states,
    Duration compileTime,
    Duration maskTime) {

  public Limits {
    if (sourceLength < 1 || nodes < 1 || alternatives < 1 || states < 1) {
      throw new ConstraintException(
          "a limit of a constraint is below 1; choose positive numbers for all of them");
    }
  }

  /// For requests from outside: 1 MB of schema, five seconds to compile, one second for a mask.
  public static Limits defaults() {
    return new Limits(
        1 << 20, 1_000_000, 512, 50_000, Duration.ofSeconds(5), Duration.ofSeconds(1));
  }

  /// The same with other times.
  public Limits withTimes(Duration compile, Duration mask) {
    return new Limits(sourceLength, nodes, alternatives, states, compile, mask);
  }

  /// The same with other sizes.
  public Limits withSizes(int newNodes, int newAlternatives, int newStates) {
    return new Limits(sourceLength, newNodes, newAlternatives, newStates, compileTime, maskTime);
  }
}
