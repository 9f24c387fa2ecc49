package llava4j.spring.boot;

import llava4j.error.BadInputException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// A user's mistake stops the start with its one sentence instead of a stack trace.
final class BadInputFailureAnalyzer extends AbstractFailureAnalyzer<BadInputException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, BadInputException cause) {
    return new FailureAnalysis(
        "LLaVA cannot be used: " + cause.getMessage(),
        "Correct the properties that begin with 'llava.'.",
        cause);
  }
}
