package llava4j.server.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import llava4j.error.BadInputException;
import llava4j.server.request.Refusal;

/// All models of a server by their names. The first one is loaded when the server starts, and is
/// meant where a request names none; the others are loaded when they are asked first.
public final class Models implements AutoCloseable {
  private static final int SHOWN = 100;

  private final ModelStore store;
  private final List<Engine> engines = new ArrayList<>();

  /// @param sources at least one
  /// @param limits of each model
  /// @param availableBytes of memory that can still be had
  /// @param notes hear of models that come and go
  /// @throws BadInputException if two have the same name
  public Models(
      List<ModelSource> sources,
      EngineLimits limits,
      LongSupplier availableBytes,
      Consumer<String> notes) {
    this.store = new ModelStore(availableBytes, notes);
    for (ModelSource source : sources) {
      if (engines.stream().anyMatch(engine -> engine.model().isMeant(source.name()))) {
        throw new BadInputException(
            "two models are called " + source.name() + "; give one of them another name");
      }
      engines.add(new Engine(store, store.add(source), limits));
    }
  }

  /// Loads the first model and lets it see an image; from then on, questions are taken.
  ///
  /// @throws BadInputException if it cannot be loaded
  public void warmUp() {
    first().warmUp();
    engines.forEach(Engine::open);
  }

  /// In the order in which they were given.
  public List<Engine> all() {
    return List.copyOf(engines);
  }

  public Engine first() {
    return engines.getFirst();
  }

  /// The model of a request.
  ///
  /// @param asked the name, behind which Ollama's `:latest` may stand; empty for the first model
  /// @throws Refusal if there is no such model
  public Engine find(Optional<String> asked) {
    if (asked.isEmpty()) {
      return first();
    }
    return engines.stream()
        .filter(engine -> engine.model().isMeant(asked.get()))
        .findFirst()
        .orElseThrow(() -> unknown(asked.get()));
  }

  private Refusal unknown(String asked) {
    String shown = asked.length() > SHOWN ? asked.substring(0, SHOWN) : asked;
    String names =
        engines.stream()
            .map(engine -> "'" + engine.model().name() + "'")
            .collect(Collectors.joining(" or "));
    return Refusal.notFound("model", "there is no model '" + shown + "' here; ask for " + names)
        .withCode("model_not_found");
  }

  /// Whether questions are answered.
  public boolean isReady() {
    return first().isReady();
  }

  /// Questions that models work on, and those that wait.
  public int unanswered() {
    return engines.stream().mapToInt(engine -> engine.running() + engine.queued()).sum();
  }

  /// Refuses new questions and waits for the others.
  ///
  /// @return whether all were answered in time
  public boolean drain(Duration patience) throws InterruptedException {
    engines.forEach(Engine::refuseNew);
    long end = System.nanoTime() + patience.toNanos();
    boolean all = true;
    for (Engine engine : engines) {
      all &= engine.awaitAnswers(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }
    return all;
  }

  /// Refuses new questions and drops those that wait.
  public void refuseAll() {
    engines.forEach(Engine::dropAll);
  }

  /// The same, and closes the models when their answers have ended.
  @Override
  public void close() {
    refuseAll();
    store.close();
    engines.forEach(Engine::close);
  }
}
