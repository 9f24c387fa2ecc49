package llava4j.generate;

import java.util.List;
import java.util.Optional;
import llava4j.constraint.Constraint;
import llava4j.error.BadInputException;

/// All options of generation.
///
/// @param maxNewTokens maximum number of tokens of one answer
/// @param repetitionPenalty divides positive and multiplies negative logits of tokens that are in
///   prompt or answer; 1 for none
/// @param stopStrings texts that end the answer; they are not part of it unless `keepStopString`
/// @param numAnswers number of independent answers to the same prompt
/// @param topLogProbs report the log-probability of each token and of this many alternatives; -1
///   for none at all
/// @param constraint the form that the answer has for certain, unless it is cut by the number of
///   tokens, a stop string or the caller; empty for any text
public record GenerationOptions(
    int maxNewTokens,
    Decoding decoding,
    double repetitionPenalty,
    List<String> stopStrings,
    boolean keepStopString,
    int numAnswers,
    int topLogProbs,
    Optional<RequiredForm> constraint) {

  public GenerationOptions {
    stopStrings = List.copyOf(stopStrings);
    if (maxNewTokens < 1) {
      throw new BadInputException(
          "the number of new tokens must be at least 1, not " + maxNewTokens);
    }
    if (!(repetitionPenalty > 0)) {
      throw new BadInputException(
          "the repetition penalty must be positive, not " + repetitionPenalty);
    }
    if (stopStrings.stream().anyMatch(String::isEmpty)) {
      throw new BadInputException("a stop string must not be empty");
    }
    if (numAnswers < 1 || numAnswers > 64) {
      throw new BadInputException(
          "the number of answers must be between 1 and 64, not " + numAnswers);
    }
    if (topLogProbs < -1 || topLogProbs > 100) {
      throw new BadInputException(
          "at most 100 log-probabilities per token can be had, not " + topLogProbs);
    }
    if (decoding instanceof Decoding.Beam && numAnswers > 1) {
      throw new BadInputException("beam search gives one answer; ask for one, or sample");
    }
  }

  /// How many sequences a request runs at the same time.
  public int numSequences() {
    return decoding instanceof Decoding.Beam beam ? beam.numBeams() : numAnswers;
  }

  /// Greedy, up to 512 tokens: what the paper's evaluations use.
  public static GenerationOptions greedy() {
    return new GenerationOptions(
        512, new Decoding.Greedy(), 1, List.of(), false, 1, -1, Optional.empty());
  }

  public GenerationOptions withMaxNewTokens(int tokens) {
    return new GenerationOptions(
        tokens,
        decoding,
        repetitionPenalty,
        stopStrings,
        keepStopString,
        numAnswers,
        topLogProbs,
        constraint);
  }

  public GenerationOptions withDecoding(Decoding other) {
    return new GenerationOptions(
        maxNewTokens,
        other,
        repetitionPenalty,
        stopStrings,
        keepStopString,
        numAnswers,
        topLogProbs,
        constraint);
  }

  public GenerationOptions withRepetitionPenalty(double penalty) {
    return new GenerationOptions(
        maxNewTokens,
        decoding,
        penalty,
        stopStrings,
        keepStopString,
        numAnswers,
        topLogProbs,
        constraint);
  }

  public GenerationOptions withStopStrings(List<String> stops, boolean keep) {
    return new GenerationOptions(
        maxNewTokens,
        decoding,
        repetitionPenalty,
        stops,
        keep,
        numAnswers,
        topLogProbs,
        constraint);
  }

  public GenerationOptions withNumAnswers(int answers) {
    return new GenerationOptions(
        maxNewTokens,
        decoding,
        repetitionPenalty,
        stopStrings,
        keepStopString,
        answers,
        topLogProbs,
        constraint);
  }

  public GenerationOptions withTopLogProbs(int alternatives) {
    return new GenerationOptions(
        maxNewTokens,
        decoding,
        repetitionPenalty,
        stopStrings,
        keepStopString,
        numAnswers,
        alternatives,
        constraint);
  }

  /// Options for an answer of a given form, such as JSON by a schema.
  public GenerationOptions withConstraint(Constraint form) {
    return withConstraint(new RequiredForm.Compiled(form));
  }

  /// Options for an answer of a form that may still be compiled.
  public GenerationOptions withConstraint(RequiredForm form) {
    return new GenerationOptions(
        maxNewTokens,
        decoding,
        repetitionPenalty,
        stopStrings,
        keepStopString,
        numAnswers,
        topLogProbs,
        Optional.of(form));
  }
}
