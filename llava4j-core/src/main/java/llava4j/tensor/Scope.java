package llava4j.tensor;

import java.util.Iterator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// Frees, at its closing brace, every native object that the current thread made inside it.
///
/// One scope per request, per step, per layer call. A block opens a scope, computes, and hands out
/// the one tensor that must outlive it with [#keep]; everything else is gone before the caller goes
/// on.
///
/// ```java
/// try (Scope scope = new Scope()) {
///   Tensor normed = norm.forward(hidden);        // [batch, tokens, dim]
///   return scope.keep(hidden.add(attention.forward(normed)));
/// }
/// ```
public final class Scope implements AutoCloseable {
  private final PointerScope pointers = new PointerScope();

  /// Lets `tensor` outlive this scope: it passes to the enclosing scope, or, where there is none,
  /// to the caller, who closes it.
  public Tensor keep(Tensor tensor) {
    PointerScope enclosing = enclosing();
    if (enclosing == null) {
      tensor.retainReference();
    } else {
      enclosing.attach(tensor);
    }
    return tensor;
  }

  /// Keeps a tensor that someone else owns alive until this scope closes, even if its owner lets go
  /// of it meanwhile.
  public Tensor borrow(Tensor tensor) {
    pointers.attach(tensor);
    return tensor;
  }

  /// Takes `tensor` out of the hands of every scope: the caller owns it and closes it. For weights
  /// and caches.
  public static Tensor own(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  @Override
  public void close() {
    pointers.close();
  }

  @SuppressWarnings("ReferenceEquality") // a scope is an identity, not a value
  private PointerScope enclosing() {
    Iterator<PointerScope> innermostFirst = PointerScope.getScopeIterator();
    while (innermostFirst.hasNext()) {
      if (innermostFirst.next() == pointers) {
        return innermostFirst.hasNext() ? innermostFirst.next() : null;
      }
    }
    throw new IllegalStateException(
        "a scope was used on another thread than the one that opened it");
  }
}
