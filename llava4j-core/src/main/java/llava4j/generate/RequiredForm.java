package llava4j.generate;

import java.util.concurrent.CompletableFuture;
import llava4j.constraint.Constraint;

/// The form that an answer must have.
public sealed interface RequiredForm {

  /// A form that is known.
  record Compiled(Constraint constraint) implements RequiredForm {}

  /// A form that is still being compiled. Images are encoded and the prompt is read meanwhile; the
  /// answer begins when the form is known.
  ///
  /// @param constraint to be completed by the caller, on any thread but the one that waits for the
  ///   answer; what it fails with ends the request
  record Compiling(CompletableFuture<Constraint> constraint) implements RequiredForm {}
}
