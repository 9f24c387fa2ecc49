package llava4j.generate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import llava4j.model.LlavaModel;
import llava4j.model.cache.KvPool;
import llava4j.model.cache.PrefixTree;
import llava4j.tensor.NativeRuntime;

/// Runs all requests of a model on one thread: in each step every generating sequence gets its next
/// token, and prompts that wait are read beside them, piece by piece. Requests join and leave
/// between steps (continuous batching).
///
/// A request is admitted when the KV blocks that it can need are free. Among tenants, the one with
/// the fewest running sequences is next, then the one that has waited longest for a turn; requests
/// of one tenant keep their order.
final class Scheduler implements AutoCloseable {
  private static final int MOST_TURNS = 1000;

  private final KvPool pool;
  private final SchedulerLimits limits;
  private final SchedulerStep step;
  private final Object lock = new Object();
  private final LinkedHashSet<ScheduledRequest> waiting = new LinkedHashSet<>(); // guarded by lock
  private final List<ScheduledRequest> running = new ArrayList<>(); // of the thread
  private final Map<String, Long> turns = new HashMap<>(); // tenant's last one, guarded by lock
  private long turn; // guarded by lock
  private Thread thread; // guarded by lock; null before the first request
  private boolean closed; // guarded by lock
  private final LongAdder passes = new LongAdder();
  private volatile boolean idle = true; // written by the thread

  Scheduler(LlavaModel model, KvPool pool, PrefixTree prefixes, SchedulerLimits limits) {
    this.pool = pool;
    this.limits = limits;
    this.step = new SchedulerStep(model, prefixes, limits);
  }

  /// Queues a request. Its place hears of it, whatever becomes of it.
  ///
  /// @throws IllegalStateException if the scheduler is closed
  void submit(ScheduledRequest request) {
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("the model is closed");
      }
      if (thread == null) {
        thread = Thread.ofPlatform().name("llava4j-scheduler").daemon().start(this::run);
      }
      waiting.add(request);
      lock.notifyAll();
    }
  }

  /// Steps so far.
  long passes() {
    return passes.sum();
  }

  /// Requests that are not admitted yet.
  int queued() {
    synchronized (lock) {
      return waiting.size();
    }
  }

  /// What it has in hand now.
  SchedulerLoad load() {
    return new SchedulerLoad(idle ? 0 : step.sequences(), queued());
  }

  /// Fails what runs and waits, and frees its memory.
  @Override
  public void close() {
    Thread ending;
    synchronized (lock) {
      closed = true;
      ending = thread;
      lock.notifyAll();
    }
    boolean interrupted = false;
    while (ending != null && ending.isAlive()) {
      try {
        ending.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Throwable cause = null;
    try {
      while (admit()) {
        dropCancelled();
        step.run(running);
        passes.increment();
        running.removeIf(ScheduledRequest::isOver);
        idle = running.isEmpty();
      }
    } catch (RuntimeException | Error e) {
      cause = e;
    } finally {
      end(cause);
    }
  }

  /// Tells all callers.
  ///
  /// @param causeOrNull why no step can follow; null if the model was closed
  private void end(Throwable causeOrNull) {
    idle = true;
    synchronized (lock) {
      running.addAll(waiting);
      waiting.clear();
      closed = true;
    }
    String why = causeOrNull == null ? "the model was closed" : "the model stopped: " + causeOrNull;
    for (ScheduledRequest request : running) {
      if (!request.isOver()) {
        try {
          request.fail(new IllegalStateException(why, causeOrNull));
        } catch (RuntimeException | Error e) {
          if (!request.isOver()) {
            request.place().failed(e); // and the others must hear of it all the same
          }
        }
      }
    }
    running.clear();
  }

  /// Ends queued requests whose callers gave up.
  private void dropCancelled() {
    List<ScheduledRequest> queued;
    synchronized (lock) {
      queued = List.copyOf(waiting);
    }
    for (ScheduledRequest request : queued) { // the caller's code runs without the lock
      request.endIfCancelled();
    }
    synchronized (lock) {
      waiting.removeIf(ScheduledRequest::isOver);
    }
  }

  /// Waits until something is running.
  ///
  /// @return false if the scheduler is closed
  private boolean admit() {
    synchronized (lock) {
      boolean slept = false;
      while (!closed) {
        while (!waiting.isEmpty()) {
          ScheduledRequest next = next();
          if (!isRoomFor(next)) {
            break;
          }
          waiting.remove(next);
          running.add(next);
          turns.put(next.tenant(), ++turn);
          forgetTurns();
        }
        if (!running.isEmpty()) {
          if (slept) {
            NativeRuntime.useChosenThreads(); // this thread's number may be an old one
          }
          return true;
        }
        try {
          turns.clear(); // nobody waits
          slept = true;
          lock.wait();
        } catch (InterruptedException e) {
          throw new IllegalStateException("nobody may interrupt the scheduler", e);
        }
      }
      return false;
    }
  }

  /// The oldest request of the tenant whose turn it is.
  private ScheduledRequest next() {
    Map<String, Integer> sequences = new HashMap<>();
    for (ScheduledRequest request : running) {
      sequences.merge(request.tenant(), request.answers().maxSequences(), Integer::sum);
    }
    return waiting.stream()
        .min(
            Comparator.comparingInt(
                    (ScheduledRequest request) -> sequences.getOrDefault(request.tenant(), 0))
                .thenComparingLong(request -> turns.getOrDefault(request.tenant(), 0L)))
        .orElseThrow();
  }

  /// Forgets tenants who want nothing, when there are many.
  private void forgetTurns() {
    if (turns.size() > MOST_TURNS) {
      Set<String> wanting = new HashSet<>();
      waiting.forEach(request -> wanting.add(request.tenant()));
      running.forEach(request -> wanting.add(request.tenant()));
      turns.keySet().retainAll(wanting);
    }
  }

  private boolean isRoomFor(ScheduledRequest next) {
    if (running.isEmpty()) {
      return true;
    }
    long blocks = next.blocks();
    int sequences = next.answers().maxSequences();
    for (ScheduledRequest request : running) {
      blocks += request.blocks();
      sequences += request.answers().maxSequences();
    }
    return blocks <= pool.maxBlocks() && sequences <= limits.maxSequences();
  }
}
