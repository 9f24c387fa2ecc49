package llava4j.server.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import llava4j.Llava;
import llava4j.error.BadInputException;
import llava4j.generate.SchedulerLoad;
import llava4j.io.CloseAll;
import llava4j.tensor.NativeHeap;

/// The models that are in memory. A model is loaded by the first who asks it, one at a time; the
/// one that was asked longest ago goes when the next would not fit. A model that is answering never
/// goes.
final class ModelStore implements AutoCloseable {
  /// So long nobody tries again to load a model that could not be loaded: each attempt may cost the
  /// others their place.
  static final long RETRY_SECONDS = 30;

  private static final long LOOK_MILLIS = 50;

  /// After so many questions, free memory of the C heap goes back to the system: libtorch's blocks
  /// leave it in pieces that the next ones do not fit.
  private static final long QUESTIONS_TO_TRIM = 512;

  private final LongSupplier availableBytes;
  private final Consumer<String> notes;
  private final NativeHeap heap = new NativeHeap();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<HeldModel> models = new ArrayList<>(); // guarded by lock, as all below
  private boolean loading;
  private boolean crowded; // a model waits until another one can go
  private boolean closed;
  private long questions;

  /// @param availableBytes of memory that can still be had
  /// @param notes hear of models that come and go
  ModelStore(LongSupplier availableBytes, Consumer<String> notes) {
    this.availableBytes = availableBytes;
    this.notes = notes;
  }

  /// A model while somebody uses it.
  interface Lease extends AutoCloseable {
    Llava llava();

    @Override
    void close();
  }

  void tell(String note) {
    notes.accept(note);
  }

  HeldModel add(ModelSource source) {
    HeldModel model = new HeldModel(source);
    lock.lock();
    try {
      models.add(model);
    } finally {
      lock.unlock();
    }
    return model;
  }

  /// Waits until a model is in memory, and keeps it there. The caller's thread may have to load it.
  ///
  /// @param cancelled whether the caller has given up
  /// @return empty if the caller has given up, or the store is closed
  /// @throws llava4j.error.BadInputException if the model cannot be loaded
  Optional<Lease> use(HeldModel model, BooleanSupplier cancelled) {
    lock.lock();
    try {
      while (model.llava == null || (crowded && model.source.isOwned())) {
        if (closed || cancelled.getAsBoolean()) {
          return Optional.empty();
        }
        if (loading) {
          look();
        } else {
          model.requireNoFailure(RETRY_SECONDS);
          load(model, cancelled);
        }
      }
      if (closed) {
        return Optional.empty();
      }
      model.users++;
      return Optional.of(new Use(model, model.llava));
    } finally {
      lock.unlock();
    }
  }

  /// Closes a model that nobody uses, unless it is the only one or belongs to the application.
  void unload(HeldModel model) {
    lock.lock();
    try {
      boolean idle = model.llava != null && model.users == 0 && model.source.isOwned();
      if (idle && models.size() > 1 && !loading && !closed) {
        loading = true; // nobody loads it again while it is still there
        try {
          unload(model, "as a client asked");
        } finally {
          loading = false;
          changed.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isLoaded(HeldModel model) {
    lock.lock();
    try {
      return model.llava != null;
    } finally {
      lock.unlock();
    }
  }

  /// What a model did not compute twice, since the server began.
  Llava.Reuse reuse(HeldModel model) {
    lock.lock();
    try {
      return model.reuse();
    } finally {
      lock.unlock();
    }
  }

  /// What its scheduler has in hand; nothing while it is not in memory.
  SchedulerLoad load(HeldModel model) {
    lock.lock();
    try {
      return model.llava == null ? SchedulerLoad.NONE : model.llava.schedulerLoad();
    } finally {
      lock.unlock();
    }
  }

  /// How often a model was loaded.
  long loads(HeldModel model) {
    lock.lock();
    try {
      return model.loads;
    } finally {
      lock.unlock();
    }
  }

  /// Closes the models that belong to the server; waits for those that are answering.
  @Override
  public void close() {
    List<Llava> owned = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      while (loading) {
        look();
      }
      models.stream()
          .filter(model -> model.llava != null && model.source.isOwned())
          .forEach(model -> owned.add(model.release()));
    } finally {
      lock.unlock();
    }
    CloseAll.of(owned.toArray(AutoCloseable[]::new));
  }

  /// With the lock, which is free while the files are read.
  private void load(HeldModel model, BooleanSupplier cancelled) {
    loading = true;
    Llava llava = null;
    try {
      if (makeRoom(model, cancelled)) {
        llava = unlocked(() -> read(model.source));
      }
    } catch (BadInputException e) {
      model.fail(e);
      throw e;
    } finally {
      loading = false;
      crowded = false;
      if (llava != null) {
        model.hold(llava);
      }
      changed.signalAll();
    }
  }

  private Llava read(ModelSource source) {
    if (!source.isOwned()) {
      return source.load((_, _, _) -> {});
    }
    LoadNotes progress = new LoadNotes(source.name(), notes);
    Llava llava = source.load(progress);
    progress.finished();
    return llava;
  }

  /// @return whether there is nothing left to close, or enough memory
  private boolean makeRoom(HeldModel next, BooleanSupplier cancelled) {
    while (!fits(next)) {
      List<HeldModel> others =
          models.stream().filter(model -> model.llava != null && model.source.isOwned()).toList();
      Optional<HeldModel> idle =
          others.stream()
              .filter(model -> model.users == 0)
              .min(Comparator.comparingLong(model -> model.lastUsed));
      if (idle.isPresent()) {
        unload(idle.get(), "to make room for " + next.source.name());
      } else if (others.isEmpty()) {
        return true; // it has all there is; whether that is enough, loading will say
      } else if (closed || cancelled.getAsBoolean()) {
        return false;
      } else {
        crowded = true; // else new questions to the others could keep it out for ever
        look();
      }
    }
    return true;
  }

  /// With the lock, which is free while the model is closed.
  private void unload(HeldModel model, String why) {
    Llava closing = model.release();
    unlocked(() -> {
      closing.close();
      heap.giveBackFree();
      notes.accept(model.source.name() + " is unloaded, " + why);
      return closing;
    });
  }

  /// The system counts the pages of mapped weights as free, but loaded models need them.
  private boolean fits(HeldModel next) {
    long mapped =
        models.stream()
            .filter(model -> model.llava != null)
            .mapToLong(model -> model.source.facts().mappedBytes())
            .sum();
    return next.source.facts().neededBytes() <= availableBytes.getAsLong() - mapped;
  }

  private interface Step {
    Llava run();
  }

  private Llava unlocked(Step step) {
    lock.unlock();
    try {
      return step.run();
    } finally {
      lock.lock();
    }
  }

  /// Waits a moment, for nobody says that a caller has given up. Those who call it look again.
  @SuppressWarnings("WaitNotInLoop")
  private void look() {
    try {
      boolean _ = changed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      closed = true; // only a server that is closed interrupts
    }
  }

  private final class Use implements Lease {
    private final HeldModel model;
    private final Llava llava;

    Use(HeldModel model, Llava llava) {
      this.model = model;
      this.llava = llava;
    }

    @Override
    public Llava llava() {
      return llava;
    }

    @Override
    public void close() {
      boolean trim;
      lock.lock();
      try {
        model.users--;
        model.lastUsed = System.nanoTime();
        changed.signalAll();
        trim = ++questions % QUESTIONS_TO_TRIM == 0;
      } finally {
        lock.unlock();
      }
      if (trim) {
        heap.giveBackFree();
      }
    }
  }
}
