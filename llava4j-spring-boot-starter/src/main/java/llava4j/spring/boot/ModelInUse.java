package llava4j.spring.boot;

import java.util.Optional;
import llava4j.Llava;
import llava4j.error.BadInputException;
import org.springframework.beans.factory.ObjectProvider;

/// The application's model, and whether it is loaded. Thread-safe.
public final class ModelInUse {
  private final ObjectProvider<Llava> provider;
  private final Runnable afterLoading;
  private volatile Llava loaded;
  private volatile String failure;

  /// @param afterLoading called when the model is there
  ModelInUse(ObjectProvider<Llava> provider, Runnable afterLoading) {
    this.provider = provider;
    this.afterLoading = afterLoading;
  }

  /// The model. It is loaded here if it is not yet; after a failure the next call tries again.
  ///
  /// @throws BadInputException if it cannot be loaded
  public Llava get() {
    Llava known = loaded;
    if (known != null) {
      return known;
    }
    try {
      Llava model = provider.getObject();
      afterLoading.run();
      failure = null;
      loaded = model;
      return model;
    } catch (RuntimeException e) {
      RuntimeException cause = badInput(e).<RuntimeException>map(one -> one).orElse(e);
      failure = cause.getMessage();
      throw cause;
    }
  }

  /// The model, if it is loaded.
  public Optional<Llava> loaded() {
    return Optional.ofNullable(loaded);
  }

  /// Why it could not be loaded the last time; empty if it was not tried or is loaded.
  public Optional<String> failure() {
    return loaded == null ? Optional.ofNullable(failure) : Optional.empty();
  }

  /// The sentence for the user within Spring's exceptions.
  private static Optional<BadInputException> badInput(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof BadInputException bad) {
        return Optional.of(bad);
      }
    }
    return Optional.empty();
  }
}
