package llava4j.generate;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import llava4j.constraint.Constraint;

/// What keeps the answers of a request in their form, as soon as the form is compiled.
///
/// A filter is made by the thread that asks or by the one that compiles, never by the scheduler's,
/// because the first one of a model takes as long as many tokens.
final class AwaitedFilter {
  private final Optional<CompletableFuture<TokenFilter>> filter; // empty for any text

  private AwaitedFilter(Optional<CompletableFuture<TokenFilter>> filter) {
    this.filter = filter;
  }

  static AwaitedFilter of(GenerationOptions options, ConstraintVocabulary vocabulary) {
    return new AwaitedFilter(options.constraint().map(form -> made(form, vocabulary)));
  }

  private static CompletableFuture<TokenFilter> made(
      RequiredForm form, ConstraintVocabulary vocabulary) {
    return switch (form) {
      case RequiredForm.Compiled(Constraint constraint) ->
          CompletableFuture.completedFuture(TokenFilter.of(constraint, vocabulary));
      case RequiredForm.Compiling(CompletableFuture<Constraint> constraint) ->
          constraint.thenApply(compiled -> TokenFilter.of(compiled, vocabulary));
    };
  }

  /// Whether it is known, or known that there is none.
  boolean isSettled() {
    return filter.map(CompletableFuture::isDone).orElse(true);
  }

  /// Why there is none; empty if there is one, or while it is not settled.
  Optional<Throwable> failure() {
    return filter
        .filter(one -> one.state() == Future.State.FAILED)
        .map(CompletableFuture::exceptionNow);
  }

  /// A filter for one answer; empty if it may be any text. Only after it is settled without a
  /// failure.
  Optional<TokenFilter> newFilter() {
    return filter.map(one -> one.resultNow().copy());
  }

  /// Calls back when it is settled, perhaps at once.
  void whenSettled(Runnable listener) {
    filter.ifPresent(one -> {
      CompletableFuture<TokenFilter> _ = one.whenComplete((_, _) -> listener.run());
    });
  }
}
