package llava4j.generate;

import llava4j.constraint.Constraint;
import llava4j.constraint.ConstraintState;
import llava4j.constraint.limit.ConstraintException;
import llava4j.error.BadInputException;

/// Leaves a model only those tokens that keep its answer within the required form.
final class TokenFilter {
  private final ConstraintVocabulary vocabulary;
  private final ConstraintState first; // used for the first token only
  private final ConstraintState state;
  private boolean begun;

  /// @throws BadInputException if the constraint cannot be used with this vocabulary
  static TokenFilter of(Constraint constraint, ConstraintVocabulary vocabulary) {
    try {
      return new TokenFilter(
          vocabulary,
          constraint.start(vocabulary.first()),
          constraint.start(vocabulary.later()),
          false);
    } catch (ConstraintException e) {
      throw unusable(e);
    }
  }

  private static BadInputException unusable(ConstraintException e) {
    return new BadInputException("the required form of the answer: " + e.getMessage(), e);
  }

  private TokenFilter(
      ConstraintVocabulary vocabulary,
      ConstraintState first,
      ConstraintState state,
      boolean begun) {
    this.vocabulary = vocabulary;
    this.first = first;
    this.state = state;
    this.begun = begun;
  }

  /// The same answer, to be continued in another way.
  TokenFilter copy() {
    return new TokenFilter(vocabulary, first, state.copy(), begun);
  }

  /// Excludes the tokens that may not follow.
  ///
  /// @param logits changed, [vocab]
  /// @throws BadInputException if no token may follow, or a limit of the constraint is exceeded
  void apply(float[] logits) {
    try {
      long[] allowed = (begun ? state : first).allowed();
      boolean any = false;
      for (int id = 0; id < logits.length; id++) {
        if ((allowed[id >> 6] >> id & 1) == 0) {
          logits[id] = Float.NEGATIVE_INFINITY;
        } else {
          any = true;
        }
      }
      if (!any) {
        throw new BadInputException(
            "the model's vocabulary has no token for what the required form of the answer wants"
                + " next; change the schema or grammar");
      }
    } catch (ConstraintException e) {
      throw unusable(e);
    }
  }

  /// Takes in the chosen token.
  void accept(int id) {
    try {
      if (vocabulary.isEnd(id)) {
        state.accept(id);
      } else {
        state.accept(vocabulary.bytes(id, !begun));
      }
      begun = true;
    } catch (ConstraintException e) {
      throw unusable(e);
    }
  }

  /// Whether the answer is complete and nothing may follow.
  boolean mustEnd() {
    return state.mustEnd();
  }
}
