package llava4j.spark;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import llava4j.Llava;
import llava4j.LoadOptions;
import llava4j.checkpoint.Checkpoint;
import llava4j.checkpoint.open.CheckpointOpener;
import llava4j.error.BadInputException;
import llava4j.error.MemoryShortageException;
import llava4j.tensor.Device;

/// The models of this process. A task borrows one: the first task loads it, and it stays for the
/// next ones until another model is needed or the process ends.
final class ExecutorModels {
  private static final ExecutorModels OF_THIS_PROCESS = new ExecutorModels(ExecutorModels::load);

  private final Function<ModelSettings, LoadedModel> loader;
  private final Map<ModelSettings, LoadedModel> loaded = new LinkedHashMap<>(); // guarded by this
  private final Map<ModelSettings, Integer> borrowers = new LinkedHashMap<>(); // guarded by this
  private boolean closesAtExit; // guarded by this

  ExecutorModels(Function<ModelSettings, LoadedModel> loader) {
    this.loader = loader;
  }

  static ExecutorModels ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /// A borrowed model. Closing it gives it back.
  final class Borrowed implements AutoCloseable {
    private final LoadedModel model;
    private boolean given; // guarded by the models

    private Borrowed(LoadedModel model) {
      this.model = model;
    }

    LoadedModel model() {
      return model;
    }

    @Override
    public void close() {
      synchronized (ExecutorModels.this) {
        if (!given) {
          given = true;
          borrowers.merge(model.settings(), -1, Integer::sum);
        }
      }
    }
  }

  /// Borrows a model. Tasks that need one that is being loaded wait for it; models that nobody uses
  /// make room for another one.
  ///
  /// @throws BadInputException if this executor lacks the model or the memory; names the executor
  synchronized Borrowed borrow(ModelSettings settings) {
    LoadedModel model = loaded.get(settings);
    if (model == null) {
      closeIdle();
      model = loader.apply(settings);
      loaded.put(settings, model);
      if (!closesAtExit) {
        closesAtExit = true;
        Runtime.getRuntime().addShutdownHook(new Thread(this::closeIdle, "llava-spark-exit"));
      }
    }
    borrowers.merge(settings, 1, Integer::sum);
    return new Borrowed(model);
  }

  /// Models in use are left alone: the process may end while their tasks still run.
  private synchronized void closeIdle() {
    loaded
        .entrySet()
        .removeIf(entry -> {
          boolean idle = borrowers.getOrDefault(entry.getKey(), 0) == 0;
          if (idle) {
            entry.getValue().close();
          }
          return idle;
        });
  }

  private static LoadedModel load(ModelSettings settings) {
    try {
      LoadOptions options = settings.loadOptions();
      Checkpoint checkpoint =
          new CheckpointOpener(options.checkpoint()).open(ExecutorPlace.find(settings.model()));
      if (options.device() instanceof Device.Cpu) {
        requireMemory(checkpoint, options);
      }
      return new LoadedModel(settings, Llava.load(checkpoint, options), options);
    } catch (MemoryShortageException e) {
      throw new MemoryShortageException(ExecutorPlace.name() + ": " + e.getMessage(), e);
    } catch (BadInputException e) {
      throw new BadInputException(ExecutorPlace.name() + ": " + e.getMessage(), e);
    }
  }

  private static void requireMemory(Checkpoint checkpoint, LoadOptions options) {
    try {
      ExecutorMemory.ofThisProcess().requireFits(Llava.plan(checkpoint, options).smallestBytes());
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
  }
}
