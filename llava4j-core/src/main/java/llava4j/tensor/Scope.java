package llava4j.tensor;

import java.util.Iterator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// Frees, when it is closed, every native object that the current thread created inside it.
///
/// There is one scope per request, per step and per layer call. A method opens a scope, computes,
/// and returns the one tensor that must outlive the scope with [#keep]; all other tensors are
/// freed.
///
/// ```java
/// try (Scope scope = new Scope()) {
///   Tensor normed = norm.forward(hidden);        // [batch, tokens, dim]
///   return scope.keep(hidden.add(attention.forward(normed)));
/// }
/// ```
public final class Scope implements AutoCloseable {
  private final PointerScope pointers = new PointerScope();

  /// Lets `tensor` outlive this scope: it moves to the enclosing scope or, if there is none, to the
  /// caller, who must close it.
  public Tensor keep(Tensor tensor) {
    PointerScope enclosing = enclosing();
    if (enclosing == null) {
      tensor.retainReference();
    } else {
      enclosing.attach(tensor);
    }
    return tensor;
  }

  /// Keeps a tensor of another owner alive until this scope is closed, even if its owner closes it
  /// earlier.
  public Tensor borrow(Tensor tensor) {
    pointers.attach(tensor);
    return tensor;
  }

  /// Removes `tensor` from all scopes: the caller owns it and must close it. For weights and
  /// caches.
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
